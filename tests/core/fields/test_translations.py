"""Tests of the words of a row in other languages, as a JSON column stores them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from claims.models import Topic
from factcheck.core.fields.translations import CheckTranslations
from tests.factories import TopicFactory

check = CheckTranslations("label", "definition", longest=20)


def words(language: str = "es", label: str = "Falso", definition: str = "") -> dict[str, str]:
    return {"language": language, "label": label, "definition": definition}


@pytest.mark.parametrize(
    "value", [[], [words()], [words(), words("pt-BR", "Falso", "Não é\nverdade.")]], ids=["none", "one", "two"]
)
def test_each_language_has_its_words(value: Any) -> None:
    check(value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (words(), "list of objects"),
        (["es"], "list of objects"),
        ([{"language": "es", "label": "Falso"}], "list of objects"),
        ([words() | {"note": "more"}], "list of objects"),
        ([{**words(), "label": 5}], "list of objects"),
        ([words("Spanish!")], "Write the language as a tag"),
        ([words("en")], "leave out the site’s own"),
        ([words(), words()], "each language once"),
        ([words("fr"), words("es")], "in alphabetical order"),
        ([words(label="")], "Write the label"),
        ([words(label="F" * 21)], "too long"),
        ([words(definition="F" * 30_001)], "too long"),
        ([words(label="Fal\nso")], "can’t see"),
        ([words(label=" Falso")], "can’t see"),
        ([words(definition="No\x07")], "can’t see"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        check(value)


@pytest.mark.django_db
def test_the_database_takes_only_a_list() -> None:
    topic = TopicFactory.create()
    values: list[Any] = [{}, "", 5, True]
    for value in values:
        with pytest.raises(IntegrityError, match="topic_translations_are_a_list"), transaction.atomic():
            Topic.objects.filter(pk=topic.pk).update(translations=value)
    assert Topic.objects.get(pk=topic.pk).translations == []
