"""A text that somebody pastes into a form: the form, and the answers for the whole text or for each sentence."""

import datetime
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.matching.answers import Answer
from claims.matching.asking import ask, ask_all
from claims.matching.sentences import sentences
from factcheck.core.fields.dates import check_not_in_future

MOST_CHARACTERS = 50_000
# A text of more characters is compared sentence by sentence, up to this many of them.
LONGEST_POST = 500
MOST_SENTENCES = 100


class PastedForm(forms.Form):
    """A text or a link, and the day on which the text was published, if that is known."""

    text = forms.CharField(
        label=_("Text or link"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "spellcheck": "false"}),
        error_messages={
            "required": _("Paste a text or a link."),
            "max_length": _("This text has %(show_value)d characters. Paste at most %(limit_value)d."),
        },
    )
    date = forms.DateField(
        label=_("When was it published? (optional)"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the date as 2025-06-21, or leave it empty.")},
    )

    def clean_date(self) -> datetime.date | None:
        """The date. Raises ValidationError if it is in the future."""
        date: datetime.date | None = self.cleaned_data["date"]
        if date:
            check_not_in_future(date.isoformat())
        return date


@dataclass(frozen=True)
class Compared:
    """The answers for a pasted text: one for a post, or one for each sentence of a longer text."""

    answers: list[Answer]
    is_long: bool = False
    # True if sentences at the end were left out.
    is_cut: bool = False

    @property
    def answered(self) -> int:
        """The number of sentences with a claim that may be about them."""
        return sum(bool(answer.matches) for answer in self.answers)


def compare(text: str, *, date: datetime.date | None = None, drafts: bool = False) -> Compared:
    """Compare a pasted text with what was checked. `drafts` only for editors: see `ask`."""
    if len(text) > LONGEST_POST and len(parts := sentences(text)) > 1:
        answers = ask_all(parts[:MOST_SENTENCES], date=date, drafts=drafts)
        return Compared(answers, is_long=True, is_cut=len(parts) > MOST_SENTENCES)
    return Compared([ask(text, date=date, drafts=drafts)])
