"""The page about roles says what the groups in the database allow."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
VIEWED = [
    *(
        "claims.claim",
        "claims.claimant",
        "claims.affiliation",
        "claims.topic",
        "claims.appearance",
        "claims.evidence",
        "claims.claimpart",
        "claims.picture",
        "claims.foreigncheck",
        "claims.foreignlabel",
    ),
    *("claims.rating", "claims.ratingscale", "claims.claimevent", "claims.revision", "claims.publishedclaim"),
    *(
        "claims.correction",
        "claims.approval",
        "claims.namechange",
        "sources.publisher",
        "sources.source",
        "sources.snapshot",
        "sources.snapshottext",
        "sources.sourcefile",
    ),
]


def rights(actions: str, *models: str) -> set[str]:
    return {
        f"{app}.{action}_{name}" for action in actions.split() for app, name in (model.split(".") for model in models)
    }


# The permissions of each line of the page.
MEANING = {
    "read everything at the desk": rights("view", *VIEWED),
    "log a claim; change, research and submit one they logged or were given": rights(
        "add change submit", "claims.claim"
    ),
    "add, change and remove its appearances, evidence, parts and pictures": rights(
        "add change delete", "claims.appearance", "claims.evidence", "claims.claimpart", "claims.picture"
    ),
    "add and change sources, publishers, claimants and their affiliations": rights(
        "add change", "sources.source", "sources.publisher", "claims.claimant", "claims.affiliation"
    )
    | rights("delete", "claims.affiliation"),
    "bring in the [text of a source](../how-to/read-an-article.md), and [files](../how-to/add-files-to-a-source.md)": (
        rights("add", "sources.snapshottext", "sources.sourcefile")
    ),
    "[comment](../how-to/work-together-on-a-claim.md) on every claim, and resolve comments": rights(
        "change", "claims.claim"
    ),
    "link [fact-checks by others](../how-to/show-who-else-checked.md) to a claim they may change": rights(
        "change", "claims.claim"
    ),
    "change, research and submit everybody's claims": rights("change_any", "claims.claim"),
    "assign, send back, decline; set the due date and the priority": rights("assign send_back decline", "claims.claim"),
    "approve what other people wrote": rights("approve", "claims.claim"),
    "publish, correct, change a published rating": rights("publish", "claims.claim"),
    "propose a change of a name that readers see; bring another's proposal to readers": {"claims.rename_in_record"},
    "[merge](../how-to/merge-two-rows.md) two rows that are the same, and undo that": {"claims.rename_in_record"},
    "decide [what a label of another publisher means](../how-to/show-who-else-checked.md#labels)": rights(
        "change", "claims.foreignlabel"
    ),
    "import [claims](../how-to/import-a-spreadsheet.md) and fact-checks by others, and undo that": rights(
        "view add", "claims.importrun"
    ),
    "see [likely duplicates](../how-to/merge-two-rows.md#likely-duplicates), and say that two aren't the same": rights(
        "view", "claims.likelyduplicate"
    ),
    "add and change topics; add snapshots": rights("add change", "claims.topic") | rights("add", "sources.snapshot"),
    "delete the text or a file of a source": rights("delete", "sources.snapshottext", "sources.sourcefile"),
    "withdraw a published claim; redact its earlier versions": rights("withdraw redact", "claims.claim"),
    "add and change ratings and their scale": rights("add change", "claims.rating", "claims.ratingscale"),
    "add and change the [synonyms of search](search.md#synonyms)": rights("view add change", "claims.synonymgroup"),
    "add and change webhook subscribers, see what they were sent, send it again": rights(
        "view add change", "claims.subscriber"
    )
    | rights("view", "claims.delivery"),
    "propose a [page about the newsroom](../how-to/write-about-your-newsroom.md), and publish another's": rights(
        "view add", "claims.pageproposal"
    ),
    "add and change people": rights("view add change", "accounts.user"),
    "read the [security events](security.md)": {"accounts.view_securityevent"},
}


def documented() -> dict[str, set[str]]:
    page = Path(settings.BASE_DIR, "docs/reference/roles.md").read_text(encoding="utf-8")
    table = page.split("<!-- roles -->")[1].split("<!-- /roles -->")[0].strip().splitlines()
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert [may for may, *_ in lines] == list(MEANING)
    return {
        role: set().union(*(MEANING[line[0]] for line in lines if line[column] == "yes"))
        for column, role in enumerate(head)
        if column
    }


def test_the_page_and_the_groups_say_the_same() -> None:
    groups = {
        group.name: {f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }
    assert groups == documented()


def test_every_right_exists_once_and_is_named() -> None:
    """The migration makes permissions before Django does. Both must make the same rows."""
    codenames = list(Permission.objects.values_list("content_type__app_label", "codename"))
    assert len(codenames) == len(set(codenames))
    assert not Permission.objects.filter(name="").exists()


@pytest.mark.parametrize("role", ["Reporter", "Editor", "Chief editor", "Assessor"])
def test_no_role_deletes_what_was_signed_or_writes_the_record(role: str) -> None:
    held = UserFactory.create(role=role).get_all_permissions()
    assert {right for right in held if ".delete_" in right} <= rights(
        "delete",
        *("claims.appearance", "claims.evidence", "claims.claimpart", "claims.picture", "claims.affiliation"),
        *("sources.snapshottext", "sources.sourcefile"),
    )
    for model in ("revision", "publishedclaim", "correction", "claimevent", "indexentry"):
        assert not held & rights("add change delete", f"claims.{model}")
