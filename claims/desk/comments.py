"""Comments on claims, for the desk alone. A comment that mentions a person waits for them until it is resolved."""

import re

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import NoticeKind
from claims.desk import notices
from claims.desk.rules import NotAllowed, Refused, cleaned
from claims.models import Claim, Comment
from factcheck.accounts.models import User

LONGEST = 2_000
# How many people a comment can mention.
MENTIONS = 20
# A user name after an at sign. An address such as ana@example.org has a character before it.
_MENTION = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")


@transaction.atomic
def add(claim: Claim, text: str, *, by: User) -> Comment:
    """Add a comment, and tell the people that it mentions. Raises Refused for an empty text and for unknown names."""
    check(by)
    text = cleaned(text)
    if not text:
        raise Refused(_("Write a comment."))
    if len(text) > LONGEST:
        raise Refused(_("This comment is too long. Write at most %(count)d characters.") % {"count": LONGEST})
    people = mentioned_in(text)
    comment = Comment.objects.create(claim=claim, by=by, text=text)
    comment.mentions.set(people)
    notices.tell(claim, NoticeKind.MENTIONED, people=people, by=by)
    return comment


@transaction.atomic
def resolve(comment: Comment, *, by: User) -> Comment:
    """Say that a comment is dealt with. Once that is said, nothing changes."""
    check(by)
    Comment.objects.open().filter(pk=comment.pk).update(resolved_by=by, resolved_at=timezone.now())
    comment.refresh_from_db()
    return comment


def check(by: User) -> None:
    """Raises NotAllowed if the person can't comment."""
    if not by.has_perm("claims.change_claim"):
        raise NotAllowed


def mentioned_in(text: str) -> list[User]:
    """The people whose user names follow an at sign. Raises Refused for a name that nobody at the desk has."""
    wanted = list(dict.fromkeys(found.lower() for found in _MENTION.findall(text)))
    if len(wanted) > MENTIONS:
        raise Refused(_("A comment can mention %(count)d people. Mention fewer.") % {"count": MENTIONS})
    # “@ana.” ends a sentence, and a user name can contain a full stop.
    spellings = {name: {name, name.rstrip(".-+@_")} for name in wanted}
    every = {one for names in spellings.values() for one in names}
    people = (
        {
            person.username.lower(): person
            for person in User.objects.filter(is_active=True, is_staff=True, username__iregex=_any_of(every))
        }
        if every
        else {}
    )
    found = {name: people.get(name) or people.get(name.rstrip(".-+@_")) for name in wanted}
    unknown = [name for name, person in found.items() if person is None]
    if unknown:
        sentence = _("Nobody at the desk has the user name “%(name)s”. Check it, or write it without the @.")
        raise Refused(sentence % {"name": unknown[0]})
    return list({person.pk: person for person in found.values() if person}.values())


def _any_of(names: set[str]) -> str:
    """A pattern that matches exactly these user names."""
    return f"^({'|'.join(map(re.escape, sorted(names)))})$"
