"""Forms of the names that claims show. A change that readers would see is proposed; others are saved at once."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import Likeness, NameChangeState, NameKind
from claims.desk import names
from claims.desk.admin.merge import Merging
from claims.desk.admin.refusals import note_refusal
from claims.desk.admin.sent import person
from claims.desk.merging import duplicates
from claims.desk.rules import RULES, Refused
from claims.models import Claim, NameChange
from claims.models.name_change import OPEN
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import ProseField, change_address, label_of

if TYPE_CHECKING:
    from factcheck.accounts.models import User


# The kinds of rows whose form asks before it stores a second one of the same name. A source's asks by its address.
_ASKED = (NameKind.CLAIMANT, NameKind.TOPIC, NameKind.PUBLISHER)


class NamedForm(forms.ModelForm[Any]):
    """The form of a name. It asks for a reason if readers would see the change."""

    not_stored: tuple[str, ...] = ("reason", "spelling_only", "is_another", "seen")

    is_another = forms.BooleanField(
        label=gettext_lazy("It is another one"),
        required=False,
        widget=forms.HiddenInput,
        help_text=gettext_lazy("Tick this if they have the same name and aren't the same."),
    )

    reason = ProseField(
        label=gettext_lazy("Reason for readers"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy(
            "Published claims show this name. Another editor publishes your change, and readers then see this reason."
        ),
    )
    # What the person saw of another name that readers would get with the change.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    spelling_only = forms.BooleanField(
        label=gettext_lazy("Only the spelling changes"),
        required=False,
        help_text=gettext_lazy("The meaning stays the same, so we don't list the change with the corrections."),
    )

    def clean_slug(self) -> str:
        """The slug. Raises ValidationError if it leads to what its row was merged into."""
        slug = str(self.cleaned_data["slug"])
        kind = names.kind_of(self.instance)
        merge = NameChange.objects.merges().filter(kind=kind, slug=slug).first()
        if merge and slug != self.initial.get("slug"):
            sentence = _("Web addresses with this name lead to “%(into)s”, which it was merged into. Choose another.")
            raise forms.ValidationError(sentence % {"into": merge.into})
        return slug

    def clean(self) -> dict[str, Any] | None:
        """Ask before a second row of one name is stored, until the editor insists that it is another one."""
        cleaned = super().clean()
        name = self.cleaned_data.get("name", "")
        if name and "name" in self.changed_data and names.kind_of(self.instance) in _ASKED:
            typed = type(self.instance)(pk=self.instance.pk, name=name)
            twins = [found.row for found in duplicates.near(typed) if found.why == Likeness.NAME]
            if twins:
                self.fields["is_another"].widget = forms.CheckboxInput()
            if twins and not self.cleaned_data.get("is_another"):
                self.add_error("name", _same_name(twins))
        return cleaned


def _same_name(twins: list[Any]) -> str:
    """The sentence about rows of one name, with a link to each."""
    links = format_html_join(", ", '<a href="{}">{}</a>', ((change_address(twin), label_of(twin)) for twin in twins))
    return format_html(
        "{} {}. {}",
        _("This name is logged already:"),
        links,
        _("Use that one. If it is another one, tick “It is another one” and save again."),
    )


class NamedAdmin(Merging):
    """A table of names that claims show."""

    form = NamedForm
    refusals = (*DeskModelAdmin.refusals, Refused)
    change_form_template = "admin/claims/name_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = deepcopy(list(super().get_fieldsets(request, obj)))
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if self.kind in _ASKED and may_save:
            fields = list(fieldsets[0][1]["fields"])
            place = fields.index("name") + 1
            fieldsets[0][1]["fields"] = [*fields[:place], "is_another", *fields[place:]]
        if obj and self.has_change_permission(request, obj) and names.needs_reason(obj):
            fieldsets.append((None, {"fields": ["reason", "spelling_only", "seen"]}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["slug"] if obj and names.is_shown(obj) else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form, with the open change of this name and the approvals that a change would end."""
        subject = context.get("original")
        if subject:
            changes = NameChange.objects.filter(kind=names.kind_of(subject), slug=subject.slug, state__in=OPEN)
            context |= {"is_for_editors": names.needs_reason(subject) and not RULES["rename"].permits(person(request))}
            context |= {"open_change": changes.first(), "sends_back": names.sends_back(subject)[:_LISTED]}
        return super().render_change_form(request, context, *args, **kwargs)

    def lock(self, row: Any) -> None:
        """Lock the name first, as its changes do."""
        names.hold(row)
        super().lock(row)

    def status(self, refusal: Exception) -> int:
        return 200 if isinstance(refusal, Refused) else super().status(refusal)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a new row. `save_related` saves a change together with its rows."""
        if not change:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the name with its rows, or propose the change if readers would see it, and show which was done."""
        if not change:
            super().save_related(request, form, formsets, change)
            self._remember_others(request, form)
            return

        def store() -> None:
            form.instance.save()
            super(NamedAdmin, self).save_related(request, form, formsets, change)

        outcome = names.save(
            form.instance,
            store,
            by=cast("User", request.user),
            reason=form.cleaned_data.get("reason", ""),
            spelling_only=form.cleaned_data.get("spelling_only", False),
            seen=form.cleaned_data.get("seen", ""),
        )
        self._remember_others(request, form)
        report_sent_back(self, request, outcome.sent_back)
        request.name_change = outcome.change  # type: ignore[attr-defined]

    def _remember_others(self, request: HttpRequest, form: Any) -> None:
        """Remember that the rows that look the same aren't, if the editor insisted on that."""
        if form.cleaned_data.get("is_another") or form.cleaned_data.get("is_another_page"):
            for found in duplicates.near(form.instance):
                by = cast("User", request.user)
                duplicates.dismiss(self.kind, form.instance.pk, found.row.pk, by=by, why=found.why)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """What was proposed isn't changed yet, and the row is named as it is."""
        if getattr(request, "name_change", None):
            obj.refresh_from_db()
            message = _("Proposed a change that readers will see.")
        return super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """After a proposal, its page: the row that readers see hasn't changed."""
        change = getattr(request, "name_change", None)
        if change is None:
            return super().response_change(request, obj)
        report_change(self, request, change)
        return redirect("admin:claims_namechange_change", change.pk)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form. A refusal by role is recorded as a security event."""
        response = super().changeform_view(request, *args, **kwargs)
        note_refusal(request, getattr(request, "refusal", None))
        return response

    def explain(self, refusal: Exception, form: Any) -> None:
        if not isinstance(refusal, Refused):
            return super().explain(refusal, form)
        if isinstance(refusal, names.Unseen):
            form.data = form.data.copy()
            form.data["seen"] = refusal.digest
        # The subclasses of Refused have other causes: the person, another change, a lock.
        missing = type(refusal) is Refused and "reason" in form.fields and not form.cleaned_data.get("reason")
        form.add_error("reason" if missing else None, str(refusal))
        return None


_LISTED = 20


def report_change(admin: DeskModelAdmin, request: HttpRequest, change: NameChange) -> None:
    """Show a message with the state of a change of a name."""
    sentence = {
        NameChangeState.PROPOSED: _("You proposed the change. Another editor has to publish it."),
        NameChangeState.ACCEPTED: _("The change is being published."),
        NameChangeState.DONE: _("Readers see the change."),
        NameChangeState.DECLINED: _("The change was declined."),
    }[NameChangeState(change.state)]
    admin.message_user(request, sentence, messages.SUCCESS)


def report_sent_back(admin: DeskModelAdmin, request: HttpRequest, sent_back: list[Claim]) -> None:
    """Show which approved claims a change of a name sent back to review."""
    if not sent_back:
        return
    sentence = ngettext(
        "%(count)d approved claim shows this, so it is back in review: %(claims)s.",
        "%(count)d approved claims show this, so they are back in review: %(claims)s.",
        len(sent_back),
    )
    listed = ", ".join(claim.slug for claim in sent_back[:_LISTED])
    admin.message_user(request, sentence % {"count": len(sent_back), "claims": listed}, messages.WARNING)
