"""What we export comes in as it went out: import(export(x)) = x, as far as the format has it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claims.desk.imports import reviews
from claims.formats import claimreview, datafeed, factchecktools
from claims.record.publications import Publication
from tests.claims.formats import made
from tests.properties import examples


def came_in(exported: Any) -> dict[str, str]:
    """The values of an export after it was written and read."""
    ((_, values, problems),) = reviews.found_in(json.loads(json.dumps(exported)))
    assert problems == ()
    return values


def expected(publication: Publication) -> dict[str, str]:
    """What every format has, as a row of an import has it."""
    content = publication.content
    return {
        "reference": publication.address,
        "claim": content["statement"].strip(),
        "claimant": content["claimant"]["name"].strip() if content["claimant"] else "",
        "label": content["rating"]["label"].strip(),
        "reviewed_on": publication.first_published_at.date().isoformat(),
    }


WORDS = made.TEXT.map(str.strip).filter(bool)
PEOPLE = st.fixed_dictionaries({"name": WORDS, "kind": st.sampled_from(["person", "other"]), "role": made.TEXT})
PUBLICATIONS = st.builds(
    made.publication,
    statement=WORDS,
    summary=made.TEXT,
    notice=made.TEXT,
    claimed_on=st.sampled_from(["", "0001", "1492-10-12", "2025-06"]),
    claimant=st.none() | PEOPLE.map(lambda person: {**person, "slug": "x", "affiliations": [], "wikidata": ""}),
    rating=st.builds(
        lambda label, grade: {"slug": "x", "label": label, **grade},
        WORDS,
        st.sampled_from([{}, {"value": 2, "worst": 1, "best": 5}]),
    ),
)


@examples(150)
@given(PUBLICATIONS)
def test_each_format_of_ours_comes_in_as_it_went_out(publication: Publication) -> None:
    review = claimreview.review(publication)
    exports = [
        claimreview.serialise(review),
        claimreview.feed_item(review),
        datafeed.published_item(publication),
        {"claims": [factchecktools.claim_of(publication)]},
        {"@graph": [claimreview.serialise(review)]},
    ]
    wanted = expected(publication)
    for exported in exports:
        values = came_in(exported)
        assert {name: values[name] for name in wanted} == wanted
    grade = review.label.grade
    if grade:
        values = came_in(exports[0])
        numbers = [values[name] for name in ("value", "worst", "best")]
        assert numbers == [str(number) for number in (grade.value, grade.worst, grade.best)]
