"""A claim with parts, from the desk to readers: each part has its own rating, and a rule says how the whole follows."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from claims.desk import readiness, workflow
from claims.desk.rules import Refused
from claims.formats import claimreview
from claims.models import Claim, ClaimPart, PublishedClaim
from tests.claims.formats.files import empty_the_database, exported
from tests.desk import errors_of, filled_in, signed_in
from tests.factories import ClaimFactory, UserFactory, approved, corrected, published, withdrawn

pytestmark = pytest.mark.django_db

RULE = "Both parts must be true."


def whole_of(*parts: Claim, rule: str = RULE, **fields: Any) -> Claim:
    """A claim with these parts at the desk."""
    claim = ClaimFactory.create(parts_rule=rule, **fields)
    for order, part in enumerate(parts):
        ClaimPart.objects.create(claim=claim, part=part, order=order)
    return claim


def missing(claim: Claim) -> list[str]:
    return readiness.blockers(Claim.objects.preload().get(pk=claim.pk))


def test_readers_see_the_parts_with_their_ratings_and_how_the_whole_follows(client: Client) -> None:
    first, second = published(statement="They built three."), published(statement="They built them in June.")
    whole = published(whole_of(first, second, statement="They built three in June."))
    page = client.get(f"/claims/{whole.slug}/")
    text = page.content.decode()
    assert [slug for slug, _card in page.context["parts"]] == [first.slug, second.slug]
    assert "The parts of this claim" in text
    assert RULE in text
    assert text.index("“They built three.”") < text.index("“They built them in June.”")
    part = client.get(f"/claims/{first.slug}/").content.decode()
    assert "Part of a larger claim:" in part
    assert "“They built three in June.”" in part
    assert "Related claims" not in part


def test_a_part_shows_its_present_rating_and_a_withdrawn_one_says_so(client: Client) -> None:
    part, other = published(statement="They built three."), published(statement="They built them in June.")
    whole = published(whole_of(part, other))
    corrected(part, statement="They built four.")
    withdrawn(other)
    text = client.get(f"/claims/{whole.slug}/").content.decode()
    assert "“They built four.”" in text
    assert "We withdrew our check of this part." in text
    assert f'href="/claims/{other.slug}/"' in text
    assert "They built them in June." not in text


def test_programs_get_the_parts(client: Client) -> None:
    part = published()
    whole = published(whole_of(part))
    content = client.get(f"/api/v1/claims/{whole.slug}/").json()
    assert (content["parts"], content["parts_rule"]) == ([part.slug], RULE)
    node = client.get(f"/claims/{whole.slug}.jsonld").json()
    assert node["itemReviewed"]["hasPart"] == [{"@type": "Claim", "url": f"{settings.SITE_URL}/claims/{part.slug}/"}]
    assert claimreview.parse(node).parts == (f"{settings.SITE_URL}/claims/{part.slug}/",)
    rows = client.get("/claims.csv").getvalue().decode()
    assert "parts_rule" in rows.splitlines()[0]
    assert RULE in rows


def test_the_parts_must_be_public_and_few_and_flat_and_have_a_rule() -> None:
    part, draft = published(), ClaimFactory.create()
    assert missing(whole_of(part)) == []
    assert missing(whole_of(part, rule=" ")) == ["Say how the rating follows from the parts."]
    assert missing(whole_of()) == ["Add the parts of the claim, or clear how the rating follows from them."]
    assert missing(whole_of(part, draft)) == [
        f"Readers don't see these parts. Publish them first, or remove them: {draft.slug}."
    ]
    whole = published(whole_of(part))
    assert missing(whole_of(whole)) == [f"A part can't have parts of its own: {whole.slug}."]
    ClaimPart.objects.create(claim=whole_of(), part=(inner := whole_of(part)))
    assert missing(inner) == ["This claim is a part of another one, so it can't have parts."]


def test_a_whole_is_not_published_with_a_part_that_was_withdrawn_meanwhile() -> None:
    part = published()
    whole = approved(whole_of(part))
    withdrawn(part)
    with pytest.raises(Refused, match="Readers don't see these parts"):
        workflow.publish(whole, by=UserFactory.create(role="Editor"), version=whole.version)
    assert not PublishedClaim.objects.filter(claim=whole).exists()


def test_an_approval_covers_the_parts_and_the_rule() -> None:
    part, other = published(), published()
    whole = approved(whole_of(part))
    ClaimPart.objects.create(claim=whole, part=other, order=1)
    with pytest.raises(Refused):
        workflow.publish(whole, by=UserFactory.create(role="Editor"), version=whole.version)
    whole.refresh_from_db()
    assert whole.state == "in-review"


def test_an_editor_chooses_the_parts_in_the_form_of_the_claim() -> None:
    part, whole = published(), ClaimFactory.create()
    client = signed_in("Editor")
    address = f"/admin/claims/claim/{whole.pk}/change/"
    sent = filled_in(client, address)
    sent |= {"version": "1", "parts_rule": RULE, "parts-TOTAL_FORMS": "1", "parts-0-part": str(part.pk)}
    assert client.post(address, sent).status_code == 302
    assert Claim.objects.get(pk=whole.pk).part_slugs == [part.slug]
    sent = filled_in(client, address)
    sent |= {"version": "2", "parts-TOTAL_FORMS": "2", "parts-1-part": str(part.pk)}
    refused = client.post(address, sent)
    assert "duplicate" in errors_of(refused)


@pytest.mark.parametrize("arguments", [[], ["--published"]])
def test_an_export_with_parts_loads_again(arguments: list[str], tmp_path: Path) -> None:
    part = published()
    whole = published(whole_of(part))
    before = exported(*arguments, "--format=jsonl")
    assert f'"part": ["{part.slug}"]' in before
    file = tmp_path / "parts.jsonl"
    file.write_text(before, encoding="utf-8")
    empty_the_database()
    call_command("loaddata", file, verbosity=0)
    assert Claim.objects.get(slug=whole.slug).part_slugs == [part.slug]
    assert exported(*arguments, "--format=jsonl") == before


def test_an_export_of_an_article_has_the_parts_of_its_claims() -> None:
    part = published()
    whole = published(whole_of(part))
    article = whole.appearances.get().source.slug
    for arguments in ([], ["--published"]):
        assert f'"slug": "{part.slug}"' in exported("--article", article, *arguments, "--format=jsonl")
