"""The pages that the newsroom writes about itself: the form that proposes a text, and the page that publishes it."""

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import PageKind, ProposalState
from claims.desk import newsroom
from claims.desk.admin.refusals import status
from claims.desk.rules import RULES, Refused
from claims.models import PageProposal
from factcheck.core import comparison
from factcheck.core.desk import unexpected
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import ProseField
from factcheck.core.text import one_line

if TYPE_CHECKING:
    from factcheck.accounts.models import User

_MOST_FUNDERS, _LONGEST_FUNDER, _FIRST_YEAR, _ALL = 200, 300, 1900, 100
_SHARE = re.compile(r"(?:100(?:\.0)?|[1-9]?[0-9](?:\.[0-9])?)\Z", re.ASCII)


class FundersField(ProseField):
    """Funders, one a line: name; year; share in percent. The value is a list of objects."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{one['funder']}; {one['year']}; {one['share']}" for one in value)

    def to_python(self, value: Any) -> Any:
        """The funders. Raises ValidationError with a sentence for each line that can't be read."""
        lines = [line.strip() for line in super().to_python(value).splitlines() if line.strip()]
        if len(lines) > _MOST_FUNDERS:
            raise forms.ValidationError(_("Give at most %(most)d funders.") % {"most": _MOST_FUNDERS})
        funders: list[dict[str, str]] = []
        errors: list[str] = []
        shares: dict[str, float] = {}
        for number, line in enumerate(lines, 1):
            # A name may have a semicolon of its own.
            *names, year, share = ["", "", *(part.strip() for part in re.split(r"[;\t]", line))]
            name = one_line("; ".join(filter(None, names)))
            share = share.removesuffix("%").strip().replace(",", ".")
            is_year = year.isascii() and year.isdecimal() and _FIRST_YEAR <= int(year) <= timezone.now().year
            if not name or len(name) > _LONGEST_FUNDER or not is_year or not _SHARE.match(share):
                sentence = _("Line %(number)d: write a name, a year and a share, as in “Example Trust; 2024; 12.5”.")
                errors.append(sentence % {"number": number})
                continue
            shares[year] = shares.get(year, 0) + float(share)
            funders.append({"funder": name, "year": year, "share": share})
        over = [year for year, total in shares.items() if round(total, 1) > _ALL]
        errors += [_("The shares of %(year)s are more than 100 percent together.") % {"year": year} for year in over]
        if errors:
            raise forms.ValidationError(errors)
        return funders

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class PageForm(forms.ModelForm[PageProposal]):
    """The form that proposes a text. `base` is the version that its reader saw."""

    funders = FundersField(
        label=gettext_lazy("Funders"),
        required=False,
        widget=AdminTextareaWidget({"rows": 5}),
        help_text=gettext_lazy(
            "For the page about funding. One a line: name; year; share of the year’s income in percent. List everybody "
            "who gave 5 percent or more."
        ),
    )
    base = forms.IntegerField(min_value=0, max_value=100_000, widget=forms.HiddenInput)

    class Meta:
        model = PageProposal
        fields = ("page", "text", "owner", "funders", "reason", "removes_earlier")

    def clean(self) -> dict[str, Any] | None:
        """Owner and funders belong to the page about funding. Nothing else shows them under their heading."""
        cleaned = super().clean() or {}
        for name in ("owner", "funders"):
            if cleaned.get(name) and cleaned.get("page") != PageKind.FUNDING:
                self.add_error(name, _("Only the page “Who pays for this” has this. Choose that page, or clear this."))
        return cleaned


class DecisionForm(forms.Form):
    """Publish the text, or decline it with a reason."""

    decision = forms.ChoiceField(choices=[("publish", "publish"), ("decline", "decline")])
    why = ProseField(
        label=gettext_lazy("Why you decline it"),
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("For the desk. Readers don't see it."),
    )


@admin.register(PageProposal)
class PageProposalAdmin(DeskModelAdmin):
    """Proposed and published texts of the newsroom's pages."""

    form = PageForm
    fields = ("page", "text", "owner", "funders", "reason", "removes_earlier", "base")
    list_display = ("page", "state", "reason", "proposed_by", "proposed_at", "decided_by")
    list_filter = ("state", "page")
    ordering = ("-pk",)
    refusals = (*DeskModelAdmin.refusals, Refused)
    change_list_template = "admin/claims/newsroom/list.html"
    add_form_template = "admin/claims/newsroom/add.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return RULES["page"].permits(cast("User", request.user))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a link for each page that can be written."""
        return super().changelist_view(request, {"pages": list(PageKind), **(extra_context or {})})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The text that readers see now, of the page in the address."""
        chosen = request.GET.get("page", "")
        page = chosen if chosen in PageKind.values else PageKind.ABOUT
        newest = newsroom.newest_of(page)
        words = {name: getattr(newest, name) for name in ("text", "owner", "funders")} if newest else {}
        return {"page": page, "base": newest.number if newest else 0, **words}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Propose the text."""
        sent = form.cleaned_data
        words = {name: sent[name] for name in ("text", "owner", "funders", "removes_earlier")}
        page, by = PageKind(sent["page"]), cast("User", request.user)
        obj.pk = newsroom.propose(page, base=sent["base"], by=by, reason=sent["reason"], **words).pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        obj.refresh_from_db()
        sentence = (
            _("Readers see the page.")
            if obj.state == ProposalState.PUBLISHED
            else _("You proposed the page. Another chief editor has to publish it.")
        )
        self.message_user(request, sentence, messages.SUCCESS)
        return redirect("admin:claims_pageproposal_change", obj.pk)

    def explain(self, refusal: Exception, form: Any) -> None:
        if isinstance(refusal, Refused):
            form.add_error(None, str(refusal))
        else:
            super().explain(refusal, form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The proposal with its difference from what readers see, and the form for the second person."""
        proposal = self.row_to_view(request, object_id, missing=_("We couldn't find this change."))
        by = cast("User", request.user)
        form = DecisionForm(request.POST or None)
        refusal: Refused | None = None
        if request.method == "POST":
            unexpected.report(request, form.fields)
            if form.is_valid():
                try:
                    return self._decide(request, proposal, form.cleaned_data, by)
                except Refused as refused:
                    refusal = refused
        versions = {one.number: one for one in newsroom.versions_of(proposal.page)}
        before = versions.get(proposal.base)
        context = {
            **self.admin_site.each_context(request),
            "title": proposal.get_page_display(),
            "opts": self.opts,
            "media": self.media + form.media,
            "proposal": proposal,
            "form": form,
            "refusal": refusal,
            "parts": comparison.of_texts(before.in_words if before else "", proposal.in_words),
            "may_decide": proposal.state == ProposalState.PROPOSED and RULES["page"].permits(by),
            "may_publish": not settings.FOUR_EYES or proposal.proposer_id != by.pk,
        }
        code = 200 if request.method != "POST" else status(refusal) if refusal else 400
        return TemplateResponse(request, "admin/claims/newsroom/proposal.html", context, status=code)

    def _decide(self, request: HttpRequest, proposal: PageProposal, sent: dict[str, Any], by: "User") -> HttpResponse:
        """Publish or decline the text. Raises Refused."""
        if sent["decision"] == "publish":
            newsroom.publish(proposal, by=by)
            self.message_user(request, _("Readers see the page."), messages.SUCCESS)
        else:
            newsroom.decline(proposal, reason=sent["why"], by=by)
            self.message_user(request, _("The change was declined."), messages.SUCCESS)
        return redirect("admin:claims_pageproposal_change", proposal.pk)
