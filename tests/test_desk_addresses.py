"""Every address of the desk for every role, against the table in docs/reference/roles.md.

The addresses come from the admin itself, so a new page fails a test until somebody says who may open it. What can be
done to a claim is in `tests/claims/desk/test_acts.py`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, reverse

from claims.choices import PageKind
from claims.desk import newsroom
from claims.models import (
    Claim,
    ClaimEvent,
    Correction,
    Delivery,
    ForeignCheck,
    ForeignLabel,
    ImportRun,
    LikelyDuplicate,
    NameChange,
    PageProposal,
    Revision,
)
from factcheck.accounts import security
from factcheck.accounts.models import SecurityEvent, SecurityKind, User
from sources.models import Snapshot
from tests.claims.desk.test_roles import documented
from tests.desk import ROLES, read, signed_in
from tests.doors import DOORS
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    ForeignCheckFactory,
    ForeignLabelFactory,
    ImportRunFactory,
    SourceFactory,
    SubscriberFactory,
    UserFactory,
    corrected,
    published,
    renamed,
)

pytestmark = pytest.mark.django_db

NOBODY, STRANGER = "somebody without a role", "a stranger"
PEOPLE = [*ROLES, NOBODY, STRANGER]
PAGES = ["changelist", "csv", "add", "change", "history", "delete"]


def _name_change() -> NameChange:
    claimant = ClaimantFactory.create()
    published(claimant=claimant)
    change = renamed(claimant, name="Another name")
    assert change is not None
    return change


def _delivery() -> Delivery:
    SubscriberFactory.create()
    published()
    return Delivery.objects.latest("pk")


def _event() -> SecurityEvent:
    security.note(SecurityKind.SIGN_IN, about="somebody")
    return SecurityEvent.objects.latest("pk")


def _page() -> PageProposal:
    chief = UserFactory.create(role="Chief editor")
    return newsroom.propose(PageKind.ABOUT, base=0, by=chief, reason="Said for the first time.", text="We check.")


# A row of each table that nobody changes at the desk. `DOORS` has the other tables.
READ_ONLY: dict[type[Model], Callable[[], Model]] = {
    ClaimEvent: lambda: published().events.latest("pk"),
    Revision: lambda: published().revisions.latest("pk"),
    Correction: lambda: Correction.objects.get(revision__claim=corrected(published())),
    NameChange: _name_change,
    LikelyDuplicate: lambda: LikelyDuplicate.objects.create(kind="claimant", first=1, second=2, why="name"),
    Delivery: _delivery,
    ImportRun: ImportRunFactory.create,
    SecurityEvent: _event,
    PageProposal: _page,
    ForeignCheck: ForeignCheckFactory.create,
    ForeignLabel: ForeignLabelFactory.create,
    Snapshot: lambda: Snapshot.objects.create(source=SourceFactory.create(), size=1, sha256="0" * 64),
}


def client_of(who: str) -> Client:
    if who in ROLES:
        return signed_in(who)
    client = Client()
    if who == NOBODY:
        client.force_login(UserFactory.create())
    return client


def may(who: str, action: str, model: type[Model]) -> bool:
    """True if the table gives the role this right."""
    return f"{model._meta.app_label}.{action}_{model._meta.model_name}" in documented().get(who, set())


def may_see(who: str, model: type[Model]) -> bool:
    return may(who, "view", model) or may(who, "change", model)


def address(page: str, row: Model) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    return reverse(name, args=[row.pk] if page in {"change", "history", "delete"} else [])


def everything(model: type[Model]) -> list[dict[str, Any]]:
    return list(model._default_manager.order_by("pk").values())


def test_there_is_a_row_of_every_table() -> None:
    assert set(admin.site._registry) == DOORS.keys() | READ_ONLY.keys()


@pytest.mark.parametrize("model", [*DOORS, *READ_ONLY])
def test_every_page_of_every_table_is_only_for_the_documented_roles(model: type[Model]) -> None:
    row = DOORS[model].make() if model in DOORS else READ_ONLY[model]()
    for who in PEOPLE:
        client = client_of(who)
        allowed = {
            "changelist": may_see(who, model),
            "csv": may_see(who, model),
            "add": may(who, "add", model),
            "change": may_see(who, model),
            "history": may_see(who, model),
            "delete": False,
        }
        refused = 302 if who == STRANGER else 403
        answers = {page: client.get(address(page, row)) for page in PAGES}
        for answer in answers.values():
            read(answer)
        statuses = {page: answer.status_code for page, answer in answers.items()}
        assert statuses == {page: 200 if allowed[page] else refused for page in PAGES}, who


@pytest.mark.parametrize("model", [*(model for model in DOORS if model is not Claim), *READ_ONLY])
def test_nothing_is_stored_for_anybody_else(model: type[Model]) -> None:
    """An empty form comes back to people who may send one. All others are refused."""
    row = DOORS[model].make() if model in DOORS else READ_ONLY[model]()
    for who in PEOPLE:
        client = client_of(who)
        before = everything(model)
        refused = 302 if who == STRANGER else 403
        answers = {page: client.post(address(page, row), {}).status_code for page in ("add", "change", "delete")}
        may_change = model in DOORS and may(who, "change", model)
        assert answers["add"] in ({200, 400} if may(who, "add", model) else {refused}), who
        # People who see a change of a name or of a page see the form that decides it. The act refuses those who may
        # not.
        expected = {200, 409} if may_change else {400, refused} if model in {NameChange, PageProposal} else {refused}
        assert answers["change"] in expected, who
        assert answers["delete"] == refused, who
        after = everything(model)
        assert after[: len(before)] == before, who
        assert len(after) == len(before) or model is SecurityEvent, "only the refusals themselves are written down"


# The other pages. Those with a claim or an account are asked for one that somebody else made.
OTHERS: dict[str, set[str]] = {
    **{name: {*ROLES, NOBODY} for name in ("index", "my_mail", "password_change", "password_change_done", "jsi18n")},
    **{name: {*ROLES} for name in ("claims_claim_preview", "claims_claim_consumers", "claims_claim_sources")},
    **{
        name: {*ROLES} - {"Assessor"}
        for name in ("sources_source_bring_in", "sources_source_text", "sources_source_add_several")
    },
    **{name: {*ROLES} for name in ("sources_source_read", "sources_source_files", "claims_claim_check")},
    "claims_foreignlabel_decide": {"Editor", "Chief editor"},
    **{
        name: {*ROLES}
        for name in ("claims_claim_comments", "claims_claim_filters", "claims_claim_others", "claims_claim_fix")
    },
    **{
        f"{table}_merge": {"Editor", "Chief editor"}
        for table in ("claims_claimant", "claims_topic", "claims_claim", "sources_source", "sources_publisher")
    },
    **{name: {"Chief editor"} for name in ("accounts_user_link", "accounts_user_confirm")},
}
# Pages that aren't opened with GET, or that other tests try for every role.
ELSEWHERE = {
    *("login", "logout", "view_on_site", "claims_claim_act", "claims_claim_markdown", "autocomplete", "app_list"),
    *("sources_source_delete_text", "sources_source_file", "sources_source_delete_file", "claims_claim_suggestion"),
    "claims_claim_picture",
    "sources_source_add_address",
    *(f"claims_importrun_{page}" for page in ("template", "columns", "ratings", "report", "act", "read")),
}


def _invited() -> User:
    return UserFactory.create(role="Reporter", confirmed_at=None, invited_by=UserFactory.create(role="Chief editor"))


def _names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or ""
        else:
            yield from _names(pattern.url_patterns)


def test_every_page_is_tested() -> None:
    tables = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}" for model in admin.site._registry for page in PAGES
    }
    assert set(_names(admin.site.get_urls())) - {""} == {
        *tables,
        *OTHERS,
        *ELSEWHERE,
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_every_other_page_is_only_for_the_documented_roles(who: str) -> None:
    client, claim, source, person = client_of(who), ClaimFactory.create(), SourceFactory.create(), _invited()
    of_claims = ("preview", "consumers", "sources", "comments", "others", "fix")
    arguments = {
        **{f"claims_claim_{page}": [claim.pk] for page in of_claims},
        **{f"sources_source_{page}": [source.pk] for page in ("read", "text", "files")},
        **{f"accounts_user_{page}": [person.pk] for page in ("link", "confirm")},
        "claims_claim_sources": [claim.pk, "ris"],
    }
    statuses = {name: client.get(reverse(f"admin:{name}", args=arguments.get(name))).status_code for name in OTHERS}
    refused = 302 if who == STRANGER else 403
    assert statuses == {name: 200 if who in allowed else refused for name, allowed in OTHERS.items()}


@pytest.mark.parametrize("who", PEOPLE)
def test_only_a_chief_editor_makes_links_and_confirms(who: str) -> None:
    client, person = client_of(who), _invited()
    before = everything(User)
    for name in ("accounts_user_link", "accounts_user_confirm"):
        status = client.post(reverse(f"admin:{name}", args=[person.pk])).status_code
        assert status == 302 if who == STRANGER else status in ({200, 302, 403} if who == "Chief editor" else {403})
    assert (everything(User) == before) == (who != "Chief editor")
