"""The desk's pages of fact-checks by others and of their labels."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from claims.choices import ForeignMeaning, ImportState
from claims.models import ForeignLabel
from tests.desk import signed_in
from tests.factories import ForeignCheckFactory, ForeignLabelFactory, ImportRunFactory

pytestmark = pytest.mark.django_db

CHECKS, LABELS = "/admin/claims/foreigncheck/", "/admin/claims/foreignlabel/"
DECIDE = f"{LABELS}decide/"


def listed(client: Client, **query: str) -> list[str]:
    return [row.claim for row in client.get(CHECKS, query).context["cl"].result_list]


def waiting(label: str, **found: Any) -> ForeignLabel:
    """A label that an import waits for."""
    row = ForeignLabelFactory.create(label=label)
    about = {"publisher": row.publisher, "label": label, "rows": 3, "example": "The moon is cheese.", "numbers": "1"}
    ImportRunFactory.create(state=ImportState.NEEDS_LABELS, counts={"labels": [about | found], "reversed": []})
    return row


def sent(row: ForeignLabel, meaning: str, seen: str = "") -> dict[str, str]:
    return {f"meaning-{row.pk}": meaning, f"seen-{row.pk}": seen}


# Fact-checks


def test_fact_checks_are_found_by_words_and_by_address() -> None:
    ForeignCheckFactory.create(claim="The bridges of Ostwick cost nine million.", address="https://checks.example/a")
    ForeignCheckFactory.create(claim="The moon is made of cheese.")
    client = signed_in("Reporter")
    assert listed(client, q="ostw BRIDGE") == ["The bridges of Ostwick cost nine million."]
    for address in ("https://checks.example/a/", "HTTPS://Checks.example:443/a"):
        assert listed(client, q=address) == ["The bridges of Ostwick cost nine million."]
    assert listed(client, q="ostwick moon") == []
    assert listed(client, q="'& | !:*") == []
    assert len(listed(client)) == 2


def test_fact_checks_are_filtered_by_publisher_class_and_feed() -> None:
    label = ForeignLabelFactory.create(publisher="one.example", meaning="false", decided_at=timezone.now())
    ForeignCheckFactory.create(claim="First", label=label, feed="one")
    ForeignCheckFactory.create(claim="Second")
    client = signed_in("Reporter")
    for query in ({"label__publisher": "one.example"}, {"label__meaning": "false"}):
        assert listed(client, **query) == ["First"]


def test_nobody_adds_or_changes_a_fact_check_by_hand() -> None:
    foreign = ForeignCheckFactory.create(title="<b>Did it?</b>")
    client = signed_in("Chief editor")
    assert client.get(f"{CHECKS}add/").status_code == HTTPStatus.FORBIDDEN
    page = client.get(f"{CHECKS}{foreign.pk}/change/")
    assert "&lt;b&gt;Did it?" in page.content.decode()
    assert client.post(f"{CHECKS}{foreign.pk}/change/", {"title": "x"}).status_code == HTTPStatus.FORBIDDEN
    assert client.post(f"{CHECKS}{foreign.pk}/delete/").status_code == HTTPStatus.FORBIDDEN


# Labels


def test_an_editor_sees_what_waits_and_decides_in_one_form() -> None:
    first, second = waiting("Pants on Fire!"), waiting("Legend")
    client = signed_in("Editor")
    assert "Decide about 2 labels" in client.get(LABELS).content.decode()
    text = client.get(DECIDE).content.decode()
    for words in ("“Pants on Fire!”", "3 fact-checks", "The moon is cheese.", "Our list of known labels says: False."):
        assert words in text
    answer = client.post(DECIDE, sent(first, "false") | sent(second, "declined"), follow=True)
    assert "We saved 2 decisions." in answer.content.decode()
    rows = ForeignLabel.objects.order_by("pk")
    assert [(row.meaning, row.table_version is not None) for row in rows] == [("false", True), ("declined", False)]
    assert all(row.decided_by and row.decided_at for row in rows)


def test_labels_are_filtered_by_publisher() -> None:
    label = ForeignLabelFactory.create(publisher="one.example")
    ForeignLabelFactory.create(publisher="other.example")
    page = signed_in("Editor").get(LABELS, {"publisher": "one.example"})
    assert list(page.context["cl"].result_list) == [label]


def test_a_label_can_wait() -> None:
    row = waiting("Legend")
    signed_in("Editor").post(DECIDE, sent(row, ""))
    row.refresh_from_db()
    assert (row.meaning, row.decided_at) == ("", None)


def test_a_decided_label_can_be_decided_otherwise() -> None:
    row = ForeignLabelFactory.create(meaning="true", decided_at=timezone.now())
    client = signed_in("Editor")
    assert f"label={row.pk}" in client.get(LABELS).content.decode()
    page = client.get(DECIDE, {"label": row.pk})
    assert [one.row for one in page.context["asked"]] == [row]
    client.post(DECIDE, sent(row, "mixed", seen="true"))
    row.refresh_from_db()
    assert row.meaning == ForeignMeaning.MIXED


def test_a_decision_of_somebody_else_is_not_overwritten_unseen() -> None:
    row, other = ForeignLabelFactory.create(meaning="true", decided_at=timezone.now()), waiting("Legend")
    client = signed_in("Editor")
    answer = client.post(DECIDE, sent(row, "false") | sent(other, "mixed"))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Somebody else chose “True”" in answer.content.decode()
    assert set(ForeignLabel.objects.values_list("meaning", flat=True)) == {"true", ""}
    again = {field.html_name: field.value() for field in answer.context["form"]}
    assert again[f"meaning-{other.pk}"] == "mixed"
    client.post(DECIDE, again)
    assert set(ForeignLabel.objects.values_list("meaning", flat=True)) == {"false", "mixed"}


def test_a_scale_that_runs_the_other_way_is_named() -> None:
    row = waiting("Geppetto Checkmark")
    assert "run the other way" not in signed_in("Editor").get(DECIDE).content.decode()
    about = {"publisher": row.publisher, "label": row.label, "rows": 1}
    counts = {"labels": [about], "reversed": [{"publisher": row.publisher, "rows": 1, "by_labels": False}]}
    ImportRunFactory.create(state=ImportState.NEEDS_LABELS, counts=counts)
    assert f"The numbers of {row.publisher} run the other way" in signed_in("Editor").get(DECIDE).content.decode()


@pytest.mark.parametrize("meaning", ["nonsense", "<script>", "TRUE"])
def test_another_class_is_refused_and_nothing_is_stored(meaning: str) -> None:
    row, other = waiting("Legend"), waiting("Fake")
    answer = signed_in("Editor").post(DECIDE, sent(row, meaning) | sent(other, "false"))
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert not ForeignLabel.objects.exclude(meaning="").exists()


@pytest.mark.parametrize("query", ["x", "-1", "99999999999999999999", "9" * 18, "\0"])
def test_a_label_that_does_not_exist_leaves_nothing_to_decide(query: str) -> None:
    waiting("Legend")
    assert signed_in("Editor").get(DECIDE, {"label": query}).status_code == HTTPStatus.OK


@pytest.mark.parametrize("role", ["Assessor", "Reporter"])
def test_only_editors_decide(role: str) -> None:
    row, client = waiting("Legend"), signed_in(role)
    assert client.get(LABELS).status_code == HTTPStatus.OK
    assert client.get(DECIDE).status_code == HTTPStatus.FORBIDDEN
    assert client.post(DECIDE, sent(row, "false")).status_code == HTTPStatus.FORBIDDEN
    row.refresh_from_db()
    assert row.meaning == ""


def test_more_labels_need_no_more_queries(django_assert_max_num_queries: Any) -> None:
    for number in range(6):
        ForeignCheckFactory.create(label=waiting(f"Label {number}"))
    client = signed_in("Editor")
    with django_assert_max_num_queries(13):
        assert len(client.get(DECIDE).context["asked"]) == 6
