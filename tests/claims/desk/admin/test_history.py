"""The read-only history at the desk."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.choices import CorrectionKind
from claims.models import ClaimEvent, Correction, Revision
from tests.desk import ROLES, signed_in
from tests.factories import corrected, published, redacted

pytestmark = pytest.mark.django_db

TABLES: dict[str, Any] = {"revision": Revision, "correction": Correction, "claimevent": ClaimEvent}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
def test_every_role_reads_the_history_and_none_changes_it(table: str, role: str) -> None:
    corrected(published(), summary="The sum is wrong as well.")
    row = TABLES[table].objects.last()
    client, start = signed_in(role), f"/admin/claims/{table}/"

    assert client.get(start).status_code == client.get(f"{start}{row.pk}/change/").status_code == 200
    for page in ["add/", f"{row.pk}/change/", f"{row.pk}/delete/"]:
        assert client.post(start + page, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("table", TABLES)
def test_not_even_a_superuser_changes_the_history(table: str) -> None:
    corrected(published(), summary="The sum is wrong as well.")
    row = TABLES[table].objects.last()
    client = signed_in("Chief editor", is_superuser=True)

    for page in ["add/", f"{row.pk}/change/", f"{row.pk}/delete/"]:
        assert client.post(f"/admin/claims/{table}/{page}", {"post": "yes"}).status_code == 403


def test_a_revision_shows_the_published_text() -> None:
    claim = published(summary="The sum is <b>right</b>.")
    html = signed_in("Assessor").get(f"/admin/claims/revision/{claim.revisions.get().pk}/change/").content.decode()
    assert "&quot;summary&quot;: &quot;The sum is &lt;b&gt;right&lt;/b&gt;.&quot;" in html


def test_the_desk_still_shows_a_redacted_revision_and_says_that_readers_do_not_see_it() -> None:
    claim = redacted(corrected(published(summary="He lives at number 5."), summary="He lives there."))
    client = signed_in("Assessor")

    def page(number: int) -> str:
        revision = claim.revisions.get(number=number)
        return client.get(f"/admin/claims/revision/{revision.pk}/change/").content.decode()

    assert "He lives at number 5." in page(1)
    sentence = "By version 3. Readers no longer see the text of this version"
    assert [sentence in page(number) for number in (1, 2, 3)] == [True, True, False]
    panel = client.get(f"/admin/claims/claim/{claim.pk}/change/").content.decode()
    versions = panel.partition("Published versions")[2].partition("</ul>")[0].split("<li>")[1:]
    assert ["Text removed" in line for line in versions] == [False, True, True]


@pytest.mark.parametrize("table", TABLES)
def test_the_history_of_one_claim_is_found_by_its_slug(table: str) -> None:
    corrected(published(slug="bridges"), summary="Changed.")
    corrected(published(slug="tunnels"), summary="Changed.")

    html = signed_in("Editor").get(f"/admin/claims/{table}/?q=bridges").content.decode()

    assert "bridges" in html
    assert "tunnels" not in html


def test_corrections_are_filtered_by_kind() -> None:
    corrected(published(slug="bridges"), summary="Changed.")
    client = signed_in("Editor")

    def listed(kind: str) -> bool:
        return "bridges" in client.get(f"/admin/claims/correction/?kind__exact={kind}").content.decode()

    assert listed(CorrectionKind.SUBSTANTIAL)
    assert not listed(CorrectionKind.MINOR)


@pytest.mark.parametrize("table", TABLES)
def test_the_history_needs_the_same_number_of_queries_at_any_length(table: str) -> None:
    client = signed_in("Editor")

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/claims/{table}/").status_code == 200
        return len(queries)

    corrected(published(), summary="Changed.")
    few = count_queries()
    for _ in range(4):
        corrected(published(), summary="Changed.")
    assert count_queries() == few
