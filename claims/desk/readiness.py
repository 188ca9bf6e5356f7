"""What a claim still needs before it can be submitted, and advice on how to improve it."""

import re
from collections.abc import Iterator
from itertools import chain

from django.utils.text import capfirst

from claims.choices import TAKES_A_SIDE
from claims.desk.pictures import misplaced
from claims.models import Claim, ClaimPart, PublishedClaim
from claims.record.body import readers_see
from claims.record.rows import count_origins, origin_key
from factcheck.core.markdown import misleading_links
from factcheck.core.text import overrides_direction

# Codes of principles ask for two origins. A press release that is linked twice is one.
ORIGINS_WANTED = 2
# The fields with somebody else's words, copied exactly.
_QUOTES = {"exact", "prefix", "suffix", "quote"}
# So many of a claim's parts are shown on its page.
MOST_PARTS = 20

# Words that point at something outside the statement, by language. A subject such as “the man” is understood if what
# follows says which one: a name, a number, or “of”, “in”, “who” …
_POINTS_ELSEWHERE: dict[str, list[re.Pattern[str]]] = {
    "en": [
        re.compile(r"^(?:It|He|She|They|His|Her|Their)\b(?: \w+)?"),
        re.compile(r"\b(?:[Tt]his|[Tt]hese|[Tt]hose)\b(?! (?:who|in|of|\w+ed)\b)(?: \w+)?"),
        re.compile(r"\b(?:at|by|for|from|in|of|on|to|under|with) that \w+|^That \w+"),
        re.compile(r"\b[Tt]he article\b(?! \d)"),
        re.compile(
            r"^The (?!(?:earth|moon|sun|world|universe|climate|internet)\b)(?=[a-z])(?!\S+ (?:that|which) )"
            r"(?!\S+(?: \S+)? (?:(?:against|at|behind|between|by|for|from|in|near|of|on|under|who|whom)\b|[^\Wa-z_]))"
            r"\S+"
        ),
    ],
    "es": [
        re.compile(r"^(?:Él|Ella|Ellos|Ellas)\b(?: \w+)?"),
        re.compile(r"\b(?:[Ee]st[aeo]s?|[Ee]s[aeo]s?|[Aa]quel(?:l[ao]s?)?)\b(?: \w+)?"),
        re.compile(r"\b[Ee]l artículo\b(?! \d)"),
        re.compile(
            r"^(?:El|La|Los|Las) (?!(?:tierra|luna|sol|mundo|universo|clima|internet)\b)(?=[a-záéíóúñ])(?!\S+ que )"
            r"(?!\S+(?: \S+)? (?:(?:al?|con|contra|del?|en|entre|para|por|sobre)\b|[A-ZÁÉÍÓÚÑ0-9«“\"]))\S+"
        ),
    ],
}


def unclear_words(claim: Claim) -> str:
    """The first words of the statement that can't be understood without the article. Empty if there are none."""
    for pattern in _POINTS_ELSEWHERE.get(claim.language.partition("-")[0], []):
        found = pattern.search(claim.statement)
        if found:
            return found[0]
    return ""


def blockers(claim: Claim) -> list[str]:
    """What must be done before `claim` can be submitted, each as a sentence. Empty if it can be submitted.

    Uses the relations that `ClaimQuerySet.preload` loads.
    """
    evidence = list(claim.evidence.all())
    on_scale = claim.rating is not None and claim.rating.on_scale
    checks = [
        (claim.rating is None, "Choose a rating."),
        (not claim.summary.strip(), "Write the summary: the short answer in one or two sentences."),
        (not claim.explanation.strip(), "Write the explanation: why the rating follows from the evidence."),
        (not claim.appearances.all(), "Say where the claim appears: add at least one appearance."),
        (
            any(not item.exact.strip() and not item.words_not_recorded for item in claim.appearances.all()),
            "Quote the exact words at each appearance, or tick that they aren't recorded.",
        ),
        (on_scale and not evidence, "Add evidence: a rating on the scale needs some."),
        (
            _shares_origin_with_protected(claim),
            (
                "A described source has the same independent source as other evidence, and readers would count it "
                "twice. Remove one of them, or let only the desk see the protected one."
            ),
        ),
        (on_scale and not claim.checkable, "A claim that can't be checked needs a rating off the scale."),
    ]
    missing = [sentence for is_missing, sentence in checks if is_missing]
    return [
        *missing,
        *_in_another_order(claim),
        *_with_misleading_links(claim),
        *misplaced(claim),
        *_about_parts(claim),
    ]


def _with_misleading_links(claim: Claim) -> Iterator[str]:
    for words in chain(misleading_links(claim.explanation), misleading_links(claim.method)):
        yield f"A link shows the address of a site that it doesn't lead to: “{words}”. Write where it leads, or words."


def _in_another_order(claim: Claim) -> Iterator[str]:
    """The fields whose letters somebody reads in another order than they are in. Quotes are copied as they are.

    Whatever door a text came in by: who approves it must read what programs and search find.
    """
    listed = [*claim.evidence.all(), *claim.appearances.all()]
    for row in dict.fromkeys([claim, *listed, *(item.source for item in listed), *claim.pictures.all()]):
        for one in row._meta.concrete_fields:
            value = "" if one.name in _QUOTES else getattr(row, one.attname)
            texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
            if any(map(overrides_direction, texts)):
                label = capfirst(one.verbose_name)
                yield f"“{label}” has an invisible mark that shows its letters in another order. Type it again by hand."


def _about_parts(claim: Claim) -> Iterator[str]:
    """What must be done about the parts of the claim. Runs queries only if it has parts."""
    parts = [row.part for row in claim.parts.all()]
    if not parts:
        if claim.parts_rule.strip():
            yield "Add the parts of the claim, or clear how the rating follows from them."
        return
    if not claim.parts_rule.strip():
        yield "Say how the rating follows from the parts."
    if len(parts) > MOST_PARTS:
        yield f"A claim can have {MOST_PARTS} parts. Remove some."
    seen = set(PublishedClaim.objects.filter(claim__in=parts).values_list("claim", flat=True))
    if unseen := [part.slug for part in parts if part.pk not in seen]:
        yield f"Readers don't see these parts. Publish them first, or remove them: {', '.join(unseen)}."
    if nested := list(ClaimPart.objects.filter(claim__in=parts).values_list("claim__slug", flat=True).distinct()):
        yield f"A part can't have parts of its own: {', '.join(nested)}."
    if ClaimPart.objects.filter(part=claim).exists():
        yield "This claim is a part of another one, so it can't have parts."


def advice(claim: Claim) -> list[str]:
    """Weaknesses that don't block publication, each as a sentence."""
    every = list(claim.evidence.all())
    evidence = [item for item in every if readers_see(item)]
    unseen = len(every) - len(evidence)
    origins = count_origins(item.counted_as for item in evidence)
    taking_sides = [item for item in evidence if item.stance in TAKES_A_SIDE]
    unlinked = [
        item
        for item in evidence
        if item.source.is_public and not item.source.address and not item.source.address_is_private
    ]
    unclear = unclear_words(claim)
    public = [item for item in evidence if item.source.is_public]
    copies = [item for item in public if item.source.is_copy and not item.source.original_address]
    unarchived = [item for item in public if item.source.address and not item.source.archived_address]
    checks = [
        (
            bool(unclear),
            f"A reader may not understand the claim by itself: “{unclear}”. Name who or what it is, and the place.",
        ),
        (
            bool(taking_sides) and origins < ORIGINS_WANTED,
            "All evidence for or against the claim comes from one independent source. Look for a second one.",
        ),
        (
            bool(taking_sides) and not any(item.is_primary for item in taking_sides),
            "None of the evidence is an original. Look for the original document.",
        ),
        (claim.claimant is None, "No claimant is named. Leave this empty only if nobody knows who made the claim."),
        (not claim.selection_reason.strip(), "Tell readers why you chose this claim."),
        (not claim.method.strip(), "Tell readers how you checked it."),
        (bool(unlinked), f"{len(unlinked)} of {len(evidence)} pieces of evidence have no web address."),
        (
            bool(copies),
            f"{len(copies)} of {len(evidence)} pieces of evidence are copies on another site. Find the original.",
        ),
        (bool(unarchived), f"{len(unarchived)} of {len(evidence)} pieces of evidence have no archived copy."),
    ]
    if unseen:
        checks.append((True, _unseen_in_words(unseen, len(every))))
    return [sentence for applies, sentence in checks if applies]


def _unseen_in_words(unseen: int, all_: int) -> str:
    return (
        f"Readers don't see {unseen} of {all_} pieces of evidence, because the source is protected. "
        "Say in the explanation that the rating also rests on evidence that you can't show."
    )


def _shares_origin_with_protected(claim: Claim) -> bool:
    """True if readers would count one independent source twice: by its name, and by the description of a source."""
    shown = [item for item in claim.evidence.all() if readers_see(item)]
    origins = {is_described: set[str]() for is_described in (True, False)}
    for item in shown:
        origins[item.source.is_described].add(origin_key(item.origin))
    return bool(origins[True] & origins[False])
