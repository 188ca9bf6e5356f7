"""The words of ratings and topics in each language of the interface, at the desk."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import NameChange, PublishedClaim, Rating, Topic
from tests.desk import errors_of, filled_in, signed_in
from tests.factories import TopicFactory, published

pytestmark = pytest.mark.django_db

SPANISH = {"language": "es", "name": "Agua", "description": "Ríos y embalses."}
FRENCH = {"language": "fr", "name": "Eau", "description": ""}


def send(client: Client, row: Any, **changes: Any) -> Any:
    page = reverse(f"admin:claims_{row._meta.model_name}_change", args=[row.pk])
    return client.post(page, filled_in(client, page) | changes, follow=True)


def test_an_editor_writes_a_new_topic_in_each_language() -> None:
    page = reverse("admin:claims_topic_add")
    sent = {"name": "Water", "slug": "water", "name_es": "  Agua ", "description_es": "Ríos y\r\nembalses."}
    signed_in("Chief editor").post(page, sent)
    assert Topic.objects.get(slug="water").translations == [SPANISH | {"description": "Ríos y\nembalses."}]


def test_a_form_shows_the_words_and_leaves_those_of_languages_that_it_does_not_show() -> None:
    topic = TopicFactory.create(translations=[SPANISH, FRENCH])
    client = signed_in("Chief editor")
    text = client.get(reverse("admin:claims_topic_change", args=[topic.pk])).content.decode()
    assert 'value="Agua"' in text
    assert "Name (español)" in text
    send(client, topic, name_es="Aguas")
    topic.refresh_from_db()
    assert topic.translations == [SPANISH | {"name": "Aguas"}, FRENCH]
    send(client, topic, name_es="", description_es="")
    topic.refresh_from_db()
    assert topic.translations == [FRENCH]


def test_a_definition_without_a_label_is_refused_and_kept_in_the_form() -> None:
    rating = Rating.objects.get(slug="false")
    before = rating.translations
    response = send(signed_in("Chief editor"), rating, label_es="", definition_es="No es así.")
    assert "Write this too, or leave both empty." in errors_of(response)
    assert "No es así." in response.content.decode()
    rating.refresh_from_db()
    assert rating.translations == before


def test_a_second_person_brings_new_words_to_readers() -> None:
    claim = published(topics=[TopicFactory.create()])
    rating = claim.rating
    assert rating
    send(signed_in("Chief editor"), rating, label_es="Casi falso", reason="Clearer.", spelling_only="on")
    change = NameChange.objects.get()
    assert "español: Casi falso" in change.after
    assert "español: Mayormente falso" in change.before
    assert change.changes_meaning

    def label() -> str:
        content = PublishedClaim.objects.get(claim=claim).revision.content
        return str(content["rating"]["translations"][0]["label"])

    assert label() == "Mayormente falso"
    page = reverse("admin:claims_namechange_change", args=[change.pk])
    signed_in("Editor").post(page, {"decision": "accept"})
    assert label() == "Casi falso"


def test_people_who_may_not_change_them_read_the_words() -> None:
    topic = TopicFactory.create(translations=[SPANISH])
    response = signed_in("Assessor").get(reverse("admin:claims_topic_change", args=[topic.pk]))
    text = response.content.decode()
    assert '<p lang="es" dir="auto">Agua</p>' in text[text.index("In other languages") :]
