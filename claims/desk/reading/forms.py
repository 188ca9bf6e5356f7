"""The forms beside an article's text. They ask only what the text can't say."""

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.forms import modelform_factory
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ClaimantKind
from claims.desk.admin.claim_form import ClaimForm
from claims.desk.reading.reading import Reading
from claims.desk.slugs import free_slug
from claims.models import Appearance, Claim, Claimant, Evidence
from factcheck.core.desk.admin import DeskStackedInline
from factcheck.core.fields.keys import is_key

if TYPE_CHECKING:
    from claims.desk.reading.places import Span

# Found claims that a list offers.
OFFERED = 20


class _Place(DeskStackedInline):
    model = Appearance
    autocomplete_fields = ["attributed_to"]


class _Evidence(DeskStackedInline):
    model = Evidence


class WordsForm(forms.ModelForm[Any]):
    """A form about marked words. They may be shortened or lengthened, but only to words that stand there."""

    def __init__(self, *args: Any, reading: Reading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading = reading
        self.span: Span | None = reading.selected
        words = self.fields[self.words_field]
        words.required, words.widget.attrs["rows"] = True, 3
        if self.span:
            self.initial[self.words_field] = reading.text.words(self.span)

    words_field = "exact"

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError if the words don't stand where they were marked."""
        super().clean()
        words = self.cleaned_data.get(self.words_field)
        if self.span is None:
            raise forms.ValidationError(_("Mark the words in the text first."))
        if words:
            self.span = self.reading.text.within(words, self.span)
            if self.span is None:
                self.add_error(self.words_field, _("These words aren't there. Copy them as they are in the text."))
        return self.cleaned_data


class PlaceForm(WordsForm):
    """The words of a place of a claim, who said them there, and when."""


class EvidenceForm(WordsForm):
    """What the article says for or against a claim."""

    words_field = "quote"


class LogForm(ClaimForm):
    """A new claim from marked words. The claimant is the article's author unless the editor says otherwise."""

    not_stored = (*ClaimForm.not_stored, "claimant_name", "is_of_author")

    claimant_name = forms.CharField(label=gettext_lazy("Claimant's name"), required=False, max_length=200)
    is_of_author = forms.BooleanField(label=gettext_lazy("The article's author says it"), required=False)

    def __init__(self, *args: Any, reading: Reading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading = reading
        authors = reading.article.authors
        known = list(Claimant.objects.filter(name__in=authors)[:2]) if authors else []
        self.author = authors[0] if authors and not known else ""
        if reading.selected:
            self.initial["statement"] = reading.text.words(reading.selected)
        defaults: dict[str, Any] = {
            "claimed_on": reading.article.published,
            "claimant": known[0].pk if len(known) == 1 else None,
            "is_of_author": bool(self.author),
        }
        self.initial = {**self.initial, **defaults}
        self.order_fields(["statement", "is_another", "kind", "claimant", "is_of_author", "claimant_name"])
        self.fields["statement"].widget.attrs["rows"] = 3
        self.fields["claimant"].help_text = _("Leave empty if nobody knows. Never invent an author.")
        self.fields["statement"].help_text = _("Put it neutrally, as one statement that can be checked.")
        if self.author:
            self.fields["is_of_author"].label = _("%(name)s says it, the article's author") % {"name": self.author}
        else:
            del self.fields["is_of_author"]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError if the claimant's name isn't that of exactly one claimant."""
        cleaned = super().clean()
        name = cleaned.get("claimant_name")
        if name and not cleaned.get("claimant"):
            named = list(Claimant.objects.filter(name__iexact=name)[:2])
            if len(named) != 1:
                self.add_error(
                    "claimant_name",
                    _("We don't have exactly one claimant of this name. Add the claimant first, or leave this empty."),
                )
            else:
                cleaned["claimant"] = self.instance.claimant = named[0]
        return cleaned

    def author_to_add(self) -> Claimant | None:
        """The article's author as a new claimant, if the claim is to have them and they aren't one yet."""
        if self.author and self.cleaned_data.get("is_of_author") and not self.cleaned_data.get("claimant"):
            return Claimant(name=self.author, kind=ClaimantKind.PERSON, slug=free_slug(Claimant, self.author))
        return None

    def _same_as(self, twin: Claim) -> str:  # type: ignore[override]
        """The notice, with a link that adds the marked words to that claim."""
        notice = super()._same_as(twin)
        span = self.reading.selected
        if span is None:
            return notice
        query = urlencode({"start": span.start, "end": span.end, "act": "place", "claim": twin.pk})
        address = f"{reverse('admin:sources_source_read', args=[self.reading.article.pk])}?{query}#work"
        return format_html('{} <a href="{}">{}</a>', notice, address, _("Add this place to it instead"))


def log_form(request: HttpRequest, reading: Reading, data: Any = None) -> LogForm:
    """The form of a new claim, with the widgets of the claim's own form."""
    made: Any = admin.site.get_model_admin(Claim).get_form(
        request, None, form=LogForm, fields=["statement", "is_another", "kind", "claimant", "claimed_on"]
    )
    form: LogForm = made(data, instance=Claim(language=reading.article.language), reading=reading)
    return form


def place_form(request: HttpRequest, reading: Reading, data: Any = None) -> PlaceForm:
    """The form of a place in the article."""
    made = _made(_Place, request, form=PlaceForm, fields=["exact", "attributed_to"])
    place = Appearance(source=reading.article, appeared_on=reading.article.published)
    form: PlaceForm = made(data, instance=place, reading=reading, prefix="words")
    return form


def evidence_form(request: HttpRequest, reading: Reading, data: Any = None) -> EvidenceForm:
    """The form of evidence from the article."""
    fields = ["quote", "stance", "finding", "origin", "is_primary", "secondary_reason"]
    made = _made(_Evidence, request, form=EvidenceForm, fields=fields)
    form: EvidenceForm = made(data, instance=Evidence(source=reading.article), reading=reading, prefix="words")
    return form


def _made(inline: type[DeskStackedInline], request: HttpRequest, **options: Any) -> Any:
    """A form with the desk's fields and widgets."""
    formfield = partial(inline(Claim, admin.site).formfield_for_dbfield, request=request)
    return modelform_factory(inline.model, formfield_callback=formfield, **options)


class ChosenClaim(forms.Form):
    """Which claim the marked words belong to: one of the article's, or one that was searched for.

    A choice is a claim with the version that the editor saw.
    """

    claim = forms.ChoiceField(label=gettext_lazy("Claim"), widget=forms.RadioSelect)

    def __init__(self, request: HttpRequest, reading: Reading, data: Any = None) -> None:
        super().__init__(data)
        self.find = request.GET.get("find", "").replace("\0", "").strip()[:200]
        rows = {mark.claim.pk: mark.claim for mark in reading.marks}
        wanted = data.get("claim", "").partition("-")[0] if data else request.GET.get("claim", "")
        if is_key(wanted) and int(wanted) not in rows:
            rows |= {claim.pk: claim for claim in Claim.objects.filter(pk=wanted)}
        if self.find:
            claims = admin.site.get_model_admin(Claim)
            found, _may_repeat = claims.get_search_results(request, claims.get_queryset(request), self.find)
            rows |= {claim.pk: claim for claim in Claim.objects.filter(pk__in=found.values("pk"))[:OFFERED]}
        choices = [(f"{pk}-{claim.version}", self._label(claim)) for pk, claim in rows.items()]
        field = self.fields["claim"]
        field.choices = choices  # type: ignore[attr-defined]
        # After a conflict the choice has a newer version than was sent.
        self.chosen = next((value for value, _label in choices if value.partition("-")[0] == wanted), "")
        self.initial["claim"] = self.chosen

    @staticmethod
    def _label(claim: Claim) -> str:
        return f"{claim.statement} ({claim.get_state_display()})"

    @property
    def sent(self) -> tuple[int, int]:
        """The claim that was chosen, and the version in which it was seen."""
        key, _dash, version = self.data.get("claim", "").partition("-")
        return (int(key) if is_key(key) else 0), (int(version) if is_key(version) else 0)

    def clean(self) -> dict[str, Any]:
        """The version that was sent isn't an error here: the act compares it."""
        if self.chosen and "claim" in self.errors:
            del self.errors["claim"]
        return self.cleaned_data
