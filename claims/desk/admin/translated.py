"""Forms of ratings and topics: their words in each language of the interface, beside those in the site's own."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.desk.admin.names import NamedAdmin, NamedForm
from factcheck.core.desk.widgets import LineField, ProseField
from factcheck.core.fields.translations import CheckTranslations
from factcheck.core.web.languages import own_name

# The languages of the interface besides the site's own.
OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


class TranslatedForm(NamedForm):
    """The form of a name with a pair of inputs for each other language. Both may be empty; the text alone may not."""

    words: ClassVar[CheckTranslations]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in self.instance.translations:
            for word in (self.words.name, self.words.text):
                self.initial.setdefault(f"{word}_{item['language']}", item[word])

    def clean(self) -> Any:
        cleaned = super().clean() or self.cleaned_data
        name, text = self.words.name, self.words.text
        found = {item["language"]: item for item in self.instance.translations}
        for language in OTHERS:
            if not {f"{name}_{language}", f"{text}_{language}"} <= self.fields.keys():
                continue
            words = {word: cleaned.get(f"{word}_{language}") or "" for word in (name, text)}
            found[language] = {"language": language, **words}
            if words[text] and not words[name] and f"{name}_{language}" not in self.errors:
                self.add_error(f"{name}_{language}", _("Write this too, or leave both empty."))
        self.instance.translations = [item for _language, item in sorted(found.items()) if item[name]]
        return cleaned


def form_for(words: CheckTranslations) -> type[TranslatedForm]:
    """The form of a row with these words."""
    fields: dict[str, Any] = {"words": words}
    for language in OTHERS:
        in_language = {"lang": language, "dir": "auto"}
        fields[f"{words.name}_{language}"] = LineField(
            label=_label(words.name, language),
            required=False,
            max_length=words.longest,
            widget=AdminTextInputWidget(in_language),
        )
        fields[f"{words.text}_{language}"] = ProseField(
            label=_label(words.text, language),
            required=False,
            widget=AdminTextareaWidget({"rows": 4, **in_language}),
        )
    return type("TranslatedForm", (TranslatedForm,), fields)


def _label(word: str, language: str) -> str:
    return f"{capfirst(word)} ({own_name(language)})"


class TranslatedAdmin(NamedAdmin):
    """A table of names that have words in several languages."""

    words: ClassVar[CheckTranslations]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.form = form_for(cls.words)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, *rest = super().get_fieldsets(request, obj)
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        names = [[f"{word}_{code}" for word in (self.words.name, self.words.text)] for code in OTHERS]
        shown = [name for pair in names for name in pair] if may else ["in_other_languages"]
        return [first, (gettext_lazy("In other languages"), {"fields": shown}), *rest]

    @admin.display(description=gettext_lazy("words"))
    def in_other_languages(self, row: Any) -> SafeString:
        """The words of the row, for people who may not change them."""
        names = (self.words.name, self.words.text)
        words = ((item["language"], item[name]) for item in row.translations for name in names)
        return format_html_join("", '<p lang="{}" dir="auto">{}</p>', (pair for pair in words if pair[1]))
