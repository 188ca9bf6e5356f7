"""Form controls are written as Django's own templates write them, byte for byte."""

import re
from typing import Any

import pytest
from django import forms
from django.conf import LazySettings
from django.forms.renderers import DjangoTemplates
from django.urls import reverse
from django.utils.safestring import mark_safe

from factcheck.core.desk.rendering import ControlRenderer
from tests.desk import filled_in, signed_in
from tests.factories import ClaimFactory, EvidenceFactory

HOSTILE = """</textarea><b a='1' b="2">&amp; & é\n line\u2028"""
CHOICES: Any = [("", "---"), ("a&b", HOSTILE), ("Group <1>", [("1", "One"), (2, mark_safe("<i>two</i>"))])]


class EveryControl(forms.Form):
    """The controls of the desk."""

    line = forms.CharField(label="A <label> & more", help_text="<b>help</b>")
    empty = forms.CharField(required=False, label="")
    prose = forms.CharField(widget=forms.Textarea({"rows": 4, "data-x": HOSTILE, "hidden": False, "autofocus": True}))
    hidden = forms.CharField(widget=forms.HiddenInput)
    ticked = forms.BooleanField()
    number = forms.IntegerField(localize=True)
    amount = forms.DecimalField()
    address = forms.URLField(assume_scheme="https")
    mail = forms.EmailField()
    choice = forms.ChoiceField(choices=CHOICES)
    several = forms.MultipleChoiceField(choices=CHOICES)
    day = forms.SplitDateTimeField()
    file = forms.FileField()
    radio = forms.ChoiceField(choices=CHOICES[:2], widget=forms.RadioSelect)


VALUES: dict[str, Any] = {
    "line": HOSTILE,
    "prose": HOSTILE,
    "hidden": "0",
    "ticked": "on",
    "number": 1234567,
    "amount": "1.50",
    "address": "https://a.example/?a=1&b=2",
    "choice": "a&b",
    "several": ["1", "2"],
}


@pytest.mark.parametrize("data", [None, {}, VALUES], ids=["empty", "with errors", "filled in"])
@pytest.mark.parametrize("initial", [{}, VALUES], ids=["new", "stored"])
def test_controls_labels_and_errors_are_the_same(data: Any, initial: Any) -> None:
    ours, theirs = (
        EveryControl(data, initial=initial, renderer=renderer()) for renderer in (ControlRenderer, DjangoTemplates)
    )
    for one, other in zip(ours, theirs, strict=True):
        for draw in (
            str,
            lambda field: str(field.errors),
            lambda field: field.errors.as_ul(),
            lambda field: field.label_tag(attrs={"class": "a"}),
        ):
            assert draw(one) == draw(other), one.name
    assert ours.as_p() == theirs.as_p()


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [False, True], ids=["opened", "with errors"])
def test_the_form_of_a_claim_is_the_same(sent: bool, settings: LazySettings) -> None:
    claim = ClaimFactory.create(statement=HOSTILE, evidence=[])
    EvidenceFactory.create_batch(3, claim=claim, finding=HOSTILE)
    client, address = signed_in("Editor"), reverse("admin:claims_claim_change", args=[claim.pk])
    wrong = filled_in(client, address) | {"statement": "", "evidence-0-stance": "no stance"}
    pages = []
    for renderer in (ControlRenderer, DjangoTemplates):
        settings.FORM_RENDERER = f"{renderer.__module__}.{renderer.__name__}"
        page = (client.post(address, wrong) if sent else client.get(address)).content
        pages.append(re.sub(rb'(csrfmiddlewaretoken|csp-nonce)" value="[^"]*"', b"", page))
    assert pages[0] == pages[1]
    assert len(pages[0]) > 50_000
