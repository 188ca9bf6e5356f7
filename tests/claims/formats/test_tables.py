"""Tests of the tables of the exports."""

import pytest

from claims.formats.tables import APPEARANCES, CLAIMS, EVIDENCE_TABLE, TABLES, Kind, Table
from claims.models import PublishedClaim, Rating
from claims.record.canonical import moment
from claims.record.publications import publications
from tests.factories import AppearanceFactory, ClaimFactory, EvidenceFactory, SourceFactory, corrected, published

pytestmark = pytest.mark.django_db

TYPES = {
    Kind.TEXT: str,
    Kind.NUMBER: int,
    Kind.TRUTH: bool,
    Kind.DAY: str,
    Kind.MOMENT: str,
    Kind.TEXTS: list,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_cell_is_of_its_column_s_kind(table: Table) -> None:
    corrected(published(claimed_on="2024-05", places=["Denver"], missing="The contract"), summary="Mended.")
    published(rating=Rating.objects.get(slug="satire"), claimant=None)
    rows = list(table.rows(publications(PublishedClaim.objects.all())))
    assert len(rows) == 2
    for row in rows:
        for column, cell in zip(table.columns, row, strict=True):
            if not (cell is None and column.may_be_empty):
                assert type(cell) is TYPES[column.kind], column.name


def test_a_table_has_the_same_values_as_the_columns_of_the_record() -> None:
    corrected(published(claimed_on="2024-05", evidence=[SourceFactory(), SourceFactory()]), summary="Mended.")
    shown = PublishedClaim.objects.get()
    (row,) = CLAIMS.rows(publications(PublishedClaim.objects.all()))
    cells = dict(zip(CLAIMS.header, row, strict=True))
    stored = ["slug", "statement", "summary", "notice", "kind", "language", "rating", "rating_label", "rating_value"]
    stored += ["claimant", "claimant_name", "topics", "articles", "outlets", "supports", "refutes", "origins"]
    assert {name: cells[name] for name in stored} == {name: getattr(shown, name) for name in stored}
    assert (cells["claimed_from"], cells["claimed_until"]) == ("2024-05-01", "2024-05-31")
    assert cells["first_published_at"] == moment(shown.first_published_at)
    assert cells["revised_at"] == moment(shown.revised_at)
    assert cells["is_corrected"] is True


def test_off_the_scale_there_is_no_number() -> None:
    published(rating=Rating.objects.get(slug="satire"))
    (row,) = CLAIMS.rows(publications(PublishedClaim.objects.all()))
    cells = dict(zip(CLAIMS.header, row, strict=True))
    assert [cells[name] for name in ("rating_value", "rating_worst", "rating_best")] == [None, None, None]


def test_each_piece_of_evidence_and_each_appearance_is_a_row_that_names_its_claim() -> None:
    claim = ClaimFactory(evidence=[], appearances=[])
    for n in range(3):
        EvidenceFactory(claim=claim, finding=f"Finding {n}")
        AppearanceFactory(claim=claim, exact=f"Words {n}")
    published(claim)
    for table, column, begins in ((EVIDENCE_TABLE, "finding", "Finding"), (APPEARANCES, "exact", "Words")):
        rows = [
            dict(zip(table.header, row, strict=True)) for row in table.rows(publications(PublishedClaim.objects.all()))
        ]
        assert [(row["claim"], row["version"], row["place"]) for row in rows] == [(claim.slug, 1, n) for n in (1, 2, 3)]
        assert [row[column] for row in rows] == [f"{begins} {n}" for n in range(3)]


def test_a_private_address_is_in_no_table() -> None:
    hidden = SourceFactory(address="https://news.example/accuses", address_is_private=True)
    published(evidence=[hidden], appearances=[hidden])
    for table in TABLES.values():
        assert "accuses" not in str(list(table.rows(publications(PublishedClaim.objects.all()))))


def test_column_names_are_unique_and_every_column_has_a_meaning() -> None:
    for table in TABLES.values():
        assert len(set(table.header)) == len(table.header)
        assert all(column.meaning.endswith(".") for column in table.columns)
