"""The form of a claim's text."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import State
from claims.models import Claim


class ClaimForm(forms.ModelForm[Claim]):
    """The text of a claim. A statement that another claim has, word for word, is saved only if the editor insists."""

    not_stored: tuple[str, ...] = ("is_another",)

    is_another = forms.BooleanField(
        label=gettext_lazy("Save it as a claim of its own"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the ratings in use, and the one that the claim has."""
        super().__init__(*args, **kwargs)
        if "rating" in self.fields:
            field: Any = self.fields["rating"]
            field.queryset = field.queryset.offered(besides=self.instance.rating_id)

    def clean_slug(self) -> str:
        """The slug in lower case, so that no two addresses differ only by case. Left empty, it stays as it was."""
        return str(self.cleaned_data["slug"]).lower() or self.instance.slug

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError if the new statement is that of another claim and the editor hasn't ticked the box."""
        super().clean()
        statement = self.cleaned_data.get("statement", "")
        if (
            any(map(str.isalnum, statement))
            and "statement" in self.changed_data
            and not self.cleaned_data.get("is_another")
        ):
            others = Claim.objects.saying(statement).exclude(pk=self.instance.pk).exclude(state=State.DECLINED)
            twin = others.order_by("pk").first()
            if twin:
                self.fields["is_another"].widget = forms.CheckboxInput()
                self.add_error("is_another", self._same_as(twin))
        return self.cleaned_data

    @staticmethod
    def _same_as(twin: Claim) -> str:
        return format_html(
            _('Another claim says this word for word: <a href="{}">{}</a> ({}). Work on that one, or tick this box.'),
            reverse("admin:claims_claim_change", args=[twin.pk]),
            twin.slug,
            twin.get_state_display(),
        )
