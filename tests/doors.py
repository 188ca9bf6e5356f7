"""Every form of the desk that changes a row, found in the admin's registry, with what a test can type into it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import inlineformset_factory
from django.test import RequestFactory
from django.urls import reverse

from claims.models import Affiliation, Claim, Claimant, Rating, RatingScale, Subscriber, SynonymGroup, Topic
from factcheck.accounts.models import User
from sources.models import Publisher, Source
from tests import factories


@dataclass(frozen=True)
class Door:
    """A new row for a form, two fields of text, and a field of text for each kind of rows in it (two rows each)."""

    make: Callable[[], Any]
    one: str
    other: str
    rows: dict[str, str] = field(default_factory=dict)


def _claim() -> Claim:
    sources = [factories.SourceFactory.create() for _ in range(2)]
    return factories.ClaimFactory.create(appearances=sources, evidence=sources)


def _claimant() -> Claimant:
    claimant = factories.ClaimantFactory.create()
    for name in ("City council", "Regional court"):
        Affiliation.objects.create(claimant=claimant, name=name)
    return claimant


def _rating() -> Rating:
    """One that one person can change: none is in use, so readers see none."""
    Rating.objects.update(is_offered=False)
    return Rating.objects.get(slug="mostly-false")


DOORS: dict[type[Model], Door] = {
    Claim: Door(_claim, "summary", "method", {"appearances": "exact", "evidence": "finding"}),
    Claimant: Door(_claimant, "role", "note", {"affiliations": "name"}),
    Topic: Door(factories.TopicFactory.create, "name", "description"),
    Rating: Door(_rating, "label", "definition"),
    RatingScale: Door(lambda: _rating().scale, "name", "slug"),
    Source: Door(factories.SourceFactory.create, "title", "note"),
    Publisher: Door(factories.PublisherFactory.create, "name", "slug"),
    Subscriber: Door(factories.SubscriberFactory.create, "name", "address"),
    SynonymGroup: Door(factories.SynonymGroupFactory.create, "note", "language"),
    User: Door(lambda: factories.UserFactory.create(role="Editor"), "first_name", "last_name"),
}
# Rows that choose another row or a file, and can't be saved with a text alone. They are of the same class, and have
# tests of their own.
WITHOUT_TEXT = {(Claim, "parts"), (Claim, "pictures")}
FORMSETS = [(model, prefix) for model, door in DOORS.items() for prefix in door.rows]


def address(row: Model, page: str = "change") -> str:
    """The page on which the desk changes a row, or another one of it."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def registered() -> tuple[set[type[Model]], set[tuple[type[Model], str]]]:
    """The models that somebody can change at the desk, and the kinds of rows in their forms."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)
    changeable = {model: one for model, one in admin.site._registry.items() if one.has_change_permission(request)}
    rows = {
        (
            model,
            inlineformset_factory(model, inline.model, fk_name=inline.fk_name, fields="__all__").get_default_prefix(),
        )
        for model, one in changeable.items()
        for inline in one.inlines
    }
    return set(changeable), rows
