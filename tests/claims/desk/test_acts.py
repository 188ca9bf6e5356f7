"""Every act by every person on a claim in every situation, against the table in docs/reference/roles.md.

People with equal rights take turns: each situation is tried by one of the claim's two reporters, and by one of those
who may do nothing with it. An act that nobody can do now is tried by one whose role does it otherwise, and by one of
the others. In every third situation that allows an act one of those who may do it sends its page, and the invariants
are checked after it; in every third of all situations one of those who may not sends it. With LONG=10 everybody does
everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from claims.desk.admin.acts import ACTS as PAGES
from claims.desk.rules import Refused
from claims.models import Claim
from factcheck.accounts.models import User
from tests.claims import invariants
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.claims.desk.situations import ACTS, SITUATIONS
from tests.factories import UserFactory
from tests.properties import IS_LONG

pytestmark = pytest.mark.django_db

ANYTHING = "–"
# What readers see in each situation, in the words of the table. In all others they see the claim with its rating.
NEVER, GONE, NOW = ("never saw it",), ("saw it until it was withdrawn",), ("see it", "see it with this rating")
READERS = {
    **dict.fromkeys(["logged", "incomplete", "researching", "in review", "approved", "declined"], NEVER),
    **dict.fromkeys(["withdrawn", "approved after a withdrawal"], GONE),
    **dict.fromkeys(["corrected", "researching, readers see two versions"], (*NOW, "see it and an earlier version")),
    "approved with another rating": ("see it", "see it with another rating"),
}
STATES = {"logged": "to do", "incomplete": "to do", "redacted": "corrected"}
# The fields of the pages that ask for something.
REASON = ["It was forged."]
TYPED: dict[str, Fields] = {
    **{name: {"reason": REASON} for name in ("send-back", "decline", "republish", "withdraw", "redact")},
    "plan": {"priority": ["1"]},
    **{name: {"reason": REASON, "kind": ["minor"]} for name in ("correct", "publish-fix")},
    "restore": {"text": ["version-1"]},
    "rerate": {"reason": REASON, "kind": ["substantial"]},
}


@dataclass(frozen=True)
class Line:
    """A line of the table: an act, the roles that do it, the states and readers' view that it needs, its page."""

    act: str
    roles: list[str]
    states: list[str]
    readers: str
    address: str

    def can_be_done(self, situation: str) -> bool:
        """True if the table says that somebody can do the act now."""
        state = (
            situation.split(",", maxsplit=1)[0].removesuffix(" with another rating").removesuffix(" after a withdrawal")
        )
        state = {"logged": "to do", "incomplete": "to do", "redacted": "corrected"}.get(state, state)
        return (
            (self.states == [ANYTHING] or state in self.states)
            and (self.readers == ANYTHING or self.readers in READERS.get(situation, NOW))
            and not (situation == "incomplete" and self.act in {"submit", "approve"})
        )


def lines() -> dict[str, Line]:
    text = (Path(settings.BASE_DIR) / "docs/reference/roles.md").read_text()
    _head, _rule, *rows = text.partition("<!-- acts -->\n")[2].partition("<!-- /acts -->")[0].splitlines()
    cells = ([cell.strip() for cell in row.strip("|").split("|")] for row in rows)
    return {
        act: Line(act, who.split(", "), states.split(", "), readers, address.strip("`"))
        for act, who, states, readers, address in cells
    }


LINES = lines()


def people(claim: Claim, situation: str) -> dict[str, tuple[User, str]]:
    """A person for each role, with the role that counts for this claim. The editors here didn't write in the claim."""
    assert claim.author is not None
    assigned = UserFactory.create(role="Reporter")
    Claim.objects.filter(pk=claim.pk).update(assignee=assigned)
    powerless = {
        "another reporter": UserFactory.create(role="Reporter"),
        "an assessor": UserFactory.create(role="Assessor"),
        "somebody without a role": UserFactory.create(),
        "a chief editor who has left": UserFactory.create(role="Chief editor", is_active=False),
    }
    reporters = {"the reporter who logged it": claim.author, "a reporter to whom it was assigned": assigned}
    turn = list(SITUATIONS).index(situation)
    asking = [
        {who: (by, role) for at, (who, by) in enumerate(alike.items()) if IS_LONG or at == turn % len(alike)}
        for role, alike in (("Reporter", reporters), ("", powerless))
    ]
    return {
        **asking[0],
        "an editor": (UserFactory.create(role="Editor"), "Editor"),
        "a chief editor": (UserFactory.create(role="Chief editor"), "Chief editor"),
        **asking[1],
    }


def is_done_by(name: str, situation: str, role: str) -> bool:
    """True if the table allows it. Republishing is the same act as publishing, with a reason."""
    names = {"publish", "republish"} if name == "republish" else {name}
    return any(LINES[each].can_be_done(situation) and role in LINES[each].roles for each in names)


def has_its_turn(name: str, situation: str) -> bool:
    """True in every third situation in which somebody can do the act, the first among them."""
    allowing = [each for each in SITUATIONS if is_done_by(name, each, "Chief editor")]
    return IS_LONG or situation in allowing[::3]


def trying(persons: dict[str, tuple[User, str]], name: str, situation: str) -> dict[str, tuple[User, str]]:
    """Who tries an act: everybody, or if nobody can do it now one with a role for it and one without, in turn."""
    if IS_LONG or any(is_done_by(name, situation, role) for _by, role in persons.values()):
        return persons
    turn = list(SITUATIONS).index(situation) + list(LINES).index(name)
    with_role: list[str] = []
    others: list[str] = []
    for who, (_by, role) in persons.items():
        (with_role if role in LINES[name].roles else others).append(who)
    return {group[turn % len(group)]: persons[group[turn % len(group)]] for group in (with_role, others) if group}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_table_has_every_act_and_its_page() -> None:
    assert set(LINES) == set(ACTS) == {*PAGES, "edit"}
    assert {line.address for line in LINES.values()} == {"change/", *(f"act/{name}/" for name in PAGES)}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_workflow_does_what_the_table_allows_and_refuses_the_rest_in_a_sentence(situation: str) -> None:
    claim = SITUATIONS[situation]()
    before, checked = invariants.everything(), set()
    persons = people(claim, situation)
    for name, act in ACTS.items():
        for who, (by, role) in trying(persons, name, situation).items():
            expected = is_done_by(name, situation, role)
            fresh, refusal = Claim.objects.get(pk=claim.pk), ""
            with undone():
                try:
                    act(fresh, by=by, version=fresh.version)
                except Refused as refused:
                    refusal = str(refused)
                else:
                    if has_its_turn(name, situation) and (IS_LONG or name not in checked):
                        assert invariants.broken() == []
                        checked.add(name)
            assert (not refusal) == expected, f"{who}, {name}, {situation}: {refusal or 'done'}"
            assert expected or refusal.endswith(".")
    Claim.objects.filter(pk=claim.pk).update(assignee=claim.assignee)
    after = invariants.everything()
    assert {name: rows for name, rows in after.items() if "user" not in name} == {
        name: rows for name, rows in before.items() if "user" not in name
    }


@dataclass(frozen=True)
class Person:
    """Somebody at the desk, the role that counts for the claim, and the page of the claim as they see it."""

    by: User
    role: str
    client: Client
    page: Any

    def is_offered(self, line: Line, situation: str) -> bool:
        return line.can_be_done(situation) and self.role in line.roles


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_pages_offer_and_do_what_the_table_allows_and_refuse_the_rest(situation: str) -> None:
    claim = SITUATIONS[situation]()
    base = f"/admin/claims/claim/{claim.pk}/"
    asking: dict[str, Person] = {}
    for who, (by, role) in people(claim, situation).items():
        client = Client()
        client.force_login(by)
        page = client.get(f"{base}change/")
        assert page.status_code == (200 if by.is_active and by.groups.exists() else 302 if not by.is_active else 403)
        asking[who] = Person(by, role, client, page)
    for turn, (name, line) in enumerate(LINES.items(), start=list(SITUATIONS).index(situation)):
        sending: dict[bool, list[str]] = {True: [], False: []}
        for who, person in asking.items():
            button = 'name="_save"' if name == "edit" else f'href="{base}{line.address}"'
            is_offered = button in person.page.content.decode()
            assert is_offered == person.is_offered(line, situation), f"{who}, {name}, {situation}"
            # Without either it is refused for two reasons: the test above tries that.
            if line.can_be_done(situation) or person.role in line.roles:
                sending[is_done_by(name, situation, person.role)].append(who)
        if not IS_LONG and turn % 3:
            # The test above tries every refusal, and a page asks the same rules.
            sending[False] = []
        if not has_its_turn(name, situation):
            sending[True] = []
        for is_done, found in sending.items():
            for who in found if IS_LONG or not found else [found[turn % len(found)]]:
                outcome = _outcome(claim, asking[who], name, is_offered=asking[who].is_offered(line, situation))
                assert outcome == is_done, f"{who}, {name}, {situation}"


def _outcome(claim: Claim, person: Person, name: str, *, is_offered: bool) -> bool:
    """Open the page of the act and send it. True if that did the act; otherwise it was refused as it should be."""
    base, address = f"/admin/claims/claim/{claim.pk}/", LINES[name].address
    sent: Fields = {"version": [str(claim.version)], **TYPED.get(name, {})}
    if name == "edit":
        sent = {**(fields_of(person.page, "claim_form") if is_offered else sent), "statement": ["Else."]}
    elif is_offered or person.role == "Chief editor":
        shown = person.client.get(base + address).status_code
        assert shown == 200 if is_offered else shown in {302, 403, 409}, name
    with undone():
        version = Claim.objects.get(pk=claim.pk).version
        status = person.client.post(base + address, sent).status_code
        is_done = Claim.objects.get(pk=claim.pk).version > version
    # A person who has left is asked to sign in: with what was typed, or without.
    refused = {400, 403, 409} if person.by.is_active else {302, 403}
    assert status in ({302} if is_done else refused), name
    return is_done
