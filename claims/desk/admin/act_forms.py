"""The forms of the acts on a claim."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from claims.choices import CorrectionKind, Priority
from factcheck.accounts.models import User
from factcheck.core.desk.widgets import ProseField

# The largest PostgreSQL integer.
VERSIONS = 2**31 - 1
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class ActForm(forms.Form):
    """The form of an act without fields. It sends only the version that the person saw."""

    required_css_class = "required"
    version = forms.IntegerField(
        min_value=1,
        max_value=VERSIONS,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("This page doesn't say which version of the claim you saw. Open it again."),
        ),
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the act, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class Reason(ProseField):
    """A reason of several lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=5000, widget=AdminTextareaWidget({"rows": 4}), **kwargs)


class PersonField(forms.ModelChoiceField[User]):
    """A choice of a person, shown by their signature and their user name."""

    def label_from_instance(self, obj: User) -> str:
        return obj.label


class AssignForm(ActForm):
    to = PersonField(label=_("Person"), queryset=User.objects.none(), required=False, empty_label=_("Nobody"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.with_perm("claims.change_claim", backend=_BACKEND)
        self.fields["to"].queryset = people.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]


class SendBackForm(ActForm):
    reason = Reason(label=_("What needs fixing"), help_text=_("For the desk. Readers don't see it."))


class PlanForm(ActForm):
    due_on = forms.DateField(
        label=_("Due date"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=lambda value: Priority(int(value)),
        choices=Priority.choices,
        widget=forms.RadioSelect,
    )


class RestoreForm(ActForm):
    text = forms.CharField(
        max_length=50,
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose one of the earlier texts of this claim, then restore it.")},
    )


class DeclineForm(ActForm):
    reason = Reason(label=_("Why it won't be checked"), help_text=_("For the desk. Readers don't see it."))


class PublicReasonForm(ActForm):
    reason = Reason(label=_("Reason"), help_text=_("Readers see it with the claim, permanently."))


# The kinds that a person chooses. To withdraw is an act of its own.
CORRECTIONS = tuple(kind for kind in CorrectionKind if kind != CorrectionKind.VOID)


class CorrectionForm(PublicReasonForm):
    kind = forms.TypedChoiceField(
        label=_("Kind of correction"),
        coerce=CorrectionKind,
        choices=[(kind.value, format_lazy("{}: {}", kind.label, kind.meaning)) for kind in CORRECTIONS],
        widget=forms.RadioSelect,
    )
    field_order = ["kind", "reason"]
