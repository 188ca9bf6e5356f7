"""The forms of imports: what a file is, which columns its headings are, and which of our ratings its ratings are."""

from collections.abc import Iterator
from typing import IO, Any

from django import forms
from django.core.files.base import ContentFile
from django.core.validators import validate_slug
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ImportTarget
from claims.desk.imports import kinds
from claims.desk.imports.columns import COLUMNS, label_of
from claims.desk.imports.limits import MAX_UPLOAD
from claims.desk.imports.mapping import COLUMNS_OF, missing, proposed_ratings
from claims.desk.imports.sheets import Table
from claims.models import Rating

# Ratings of one file that can be decided on a page.
MOST_RATINGS = 300
# What a file can be: the target and the kind.
_CHOICES = [
    (f"{target}:{name}", kind.name)
    for target in ImportTarget
    for name, kind in kinds.KINDS.items()
    if target in kind.targets
]
_SHEET = f"{ImportTarget.CLAIMS}:sheet"
_LEAVE_OPEN = "-"


class UploadForm(forms.Form):
    """A file or pasted text, what it is, and where it comes from."""

    required_css_class = "required"
    what = forms.ChoiceField(
        label=gettext_lazy("What it is"), choices=_CHOICES, initial=_SHEET, widget=forms.RadioSelect
    )
    feed = forms.CharField(
        label=gettext_lazy("Feed"),
        max_length=100,
        validators=[validate_slug],
        help_text=gettext_lazy(
            "A short name for where the rows come from, such as our-archive. Use the same one for the next file, and "
            "its rows update those of this one."
        ),
        widget=forms.TextInput(attrs={"list": "feeds", "class": "vTextField", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("At most 10 MB. For larger files, ask the people who run this site."),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste the rows"),
        required=False,
        strip=False,
        max_length=2_000_000,
        help_text=gettext_lazy("Copy them from your spreadsheet, with the row of headings."),
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
    )
    whole = forms.BooleanField(
        label=gettext_lazy("Import all rows or none"),
        required=False,
        help_text=gettext_lazy("If one row is refused, nothing is imported."),
    )

    def clean_file(self) -> Any:
        """Raises ValidationError for a file that is too big for the desk."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_UPLOAD:
            raise forms.ValidationError(_("The file is bigger than 10 MB. Ask the people who run this site."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "file" not in self.errors and "text" not in self.errors:
            has_text = bool(cleaned.get("text", "").strip())
            if cleaned.get("file") and has_text:
                self.add_error("file", _("You gave a text and a file. Leave one of them out."))
            elif not cleaned.get("file") and not has_text:
                self.add_error("file", _("Choose a file, or paste the rows."))
        return cleaned

    @property
    def target_and_kind(self) -> tuple[ImportTarget, str]:
        target, _colon, kind = self.cleaned_data["what"].partition(":")
        return ImportTarget(target), kind

    def content(self) -> tuple[IO[bytes], str]:
        """The content, and a file name that says how it's read."""
        if file := self.cleaned_data["file"]:
            return file, file.name
        kind = self.target_and_kind[1]
        text = self.cleaned_data["text"]
        ending = next(iter(kinds.KINDS[kind].readers))
        if kind == "table" and "\t" in text.partition("\n")[0]:
            ending = ".tsv"
        return ContentFile(text.encode("utf-8", errors="replace")), f"pasted{ending}"


def _choices_of_columns(kind: str) -> list[Any]:
    """The columns, in groups: of the claim, and of each piece of evidence."""
    if kind == "table":
        return [("", _("Don’t import")), *((name, column.label) for name, column in COLUMNS_OF[kind].items())]
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, column in COLUMNS.items():
        number = name.split("_")[1] if name.startswith("evidence_") else ""
        group = _("Evidence %(number)s") % {"number": number} if number else _("The claim")
        label = label_of(name) if number else str(column.label)
        groups.setdefault(group, []).append((name, label))
    return [("", _("Don’t import")), *groups.items()]


class ColumnsForm(forms.Form):
    """For each heading of the file, the column that it is."""

    dates = forms.ChoiceField(
        label=gettext_lazy("Dates such as 03/04/2021"),
        required=False,
        choices=[
            ("", gettext_lazy("There are none, or refuse them")),
            ("dmy", gettext_lazy("The day comes first: 3 April")),
            ("mdy", gettext_lazy("The month comes first: 4 March")),
        ],
    )

    def __init__(self, table: Table, mapping: dict[str, Any], kind: str, data: Any = None) -> None:
        super().__init__(data, initial={"dates": mapping["dates"]})
        self.table, self.kind = table, kind
        # A heading that is the reference too is shown as the address.
        address = mapping["columns"].get("address")
        names = {one: name for name, one in mapping["columns"].items() if (name, one) != ("reference", address)}
        choices = _choices_of_columns(kind)
        self.of_headings: list[tuple[str, str, list[str]]] = []
        for place, heading in enumerate(table.headings):
            if heading:
                field = f"column-{place}"
                self.fields[field] = forms.ChoiceField(
                    label=heading, required=False, choices=choices, initial=names.get(heading, "")
                )
                examples = [row[place] for row in table.rows if place < len(row) and row[place].strip()]
                self.of_headings.append((field, heading, examples[:2]))

    @property
    def rows(self) -> Iterator[tuple[Any, list[str]]]:
        """Each field, with examples from the file."""
        for field, _heading, examples in self.of_headings:
            yield self[field], examples

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        used: dict[str, str] = {}
        for field, heading, _examples in self.of_headings:
            name = cleaned.get(field, "")
            if name in used:
                sentence = _("“%(heading)s” is this column already. Choose another one.") % {"heading": used[name]}
                self.add_error(field, sentence)
            elif name:
                used[name] = heading
        if not self.errors and (names := missing(used, self.kind)):
            sentence = _("Choose the heading of each of these columns: %(names)s.") % {"names": ", ".join(names)}
            raise forms.ValidationError(sentence)
        if self.kind == "table" and "address" in used:
            used = {"reference": used["address"], **used}
        self.columns = used
        return cleaned


class RatingsForm(forms.Form):
    """For each rating of the file, one of ours, or that the claim is left without one."""

    def __init__(self, labels: dict[str, int], decided: dict[str, str], data: Any = None) -> None:
        super().__init__(data)
        ours = [(slug, label) for slug, label in Rating.objects.values_list("slug", "label")]
        choices = [("", _("Choose")), (_LEAVE_OPEN, _("Leave the claim without a rating")), *ours]
        guessed = proposed_ratings(labels)
        self.labels = list(labels.items())[:MOST_RATINGS]
        for place, (label, _count) in enumerate(self.labels):
            initial = (decided[label] or _LEAVE_OPEN) if label in decided else guessed[label]
            sentence = _("Choose one of our ratings, or leave the claim without one.")
            self.fields[f"rating-{place}"] = forms.ChoiceField(
                label=label, choices=choices, initial=initial, error_messages={"required": sentence}
            )

    @property
    def rows(self) -> Iterator[tuple[Any, int]]:
        """Each field, with the number of its rows."""
        for place, (_label, count) in enumerate(self.labels):
            yield self[f"rating-{place}"], count

    @property
    def ratings(self) -> dict[str, str]:
        """The slug of our rating by the words of the file."""
        chosen = [self.cleaned_data[f"rating-{place}"] for place in range(len(self.labels))]
        return {
            label: "" if slug == _LEAVE_OPEN else slug
            for (label, _count), slug in zip(self.labels, chosen, strict=True)
        }
