"""Natural keys, language tags and the models that need a natural key."""

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from claims.models import (
    Appearance,
    ImportBatch,
    ImportedRow,
    ImportRun,
    MatchDecision,
    PageProposal,
    ReplacedText,
    Revision,
)
from factcheck.core.fields.keys import KeyManager, check_language
from sources.models import PassedSentence, SnapshotText, SourceFile
from tests.factories import ClaimFactory, published


@pytest.mark.django_db
def test_a_row_is_found_again_by_its_natural_key() -> None:
    claim = published(ClaimFactory.create())
    rows: list[Any] = [claim, claim.appearances.get(), claim.published.revision, claim.claimant, claim.rating]
    for row in rows:
        assert type(row).objects.get_by_natural_key(*row.natural_key()) == row


@pytest.mark.django_db
def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Revision.objects.get_by_natural_key("a-claim")
    with pytest.raises(Appearance.DoesNotExist):
        Appearance.objects.get_by_natural_key("a-claim", 0)


# Models that are never in a fixture: computed from the record, or private to one installation.
NOT_IN_FIXTURES = (
    *(
        "comment",
        "duplicate",
        "figures",
        "foreign_check",
        "notice",
        "purge",
        "saved_filter",
        "search",
        "synonyms",
        "vectors",
        "webhook",
    ),
)
NEVER_EXPORTED = {f"claims.models.{module}" for module in NOT_IN_FIXTURES}
ONLY_FOR_THE_DESK = {
    *(SnapshotText, SourceFile, PassedSentence, MatchDecision),
    *(ImportBatch, ImportedRow, ImportRun, PageProposal, ReplacedText),
}


@pytest.mark.parametrize(
    "model",
    [
        model
        for name in ("sources", "claims")
        for model in apps.get_app_config(name).get_models()
        if model.__module__ not in NEVER_EXPORTED and model not in ONLY_FOR_THE_DESK
    ],
)
def test_every_model_in_fixtures_has_a_natural_key(model: type[models.Model]) -> None:
    assert isinstance(model._default_manager, KeyManager)
    assert hasattr(model, "natural_key")


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant-TW", "gsw"])
def test_a_language_tag_is_accepted(tag: str) -> None:
    check_language(tag)


@pytest.mark.parametrize("tag", ["", "English", "e", "en_US", "en\n", "EN", "en-", '"><script>'])
def test_an_invalid_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValidationError, match="Write the language as a tag"):
        check_language(tag)
