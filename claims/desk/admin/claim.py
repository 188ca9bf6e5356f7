"""The claim at the desk: its list, its form in the order of the work, and a page for every act."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import PUBLIC_STATES, Stance
from claims.desk import readiness, workflow
from claims.desk.admin import acts, panel
from claims.desk.admin.exports import export_as_fixture, may_export
from claims.desk.admin.listing import (
    VIEWS,
    ArticleFilter,
    AssigneeFilter,
    ClaimantFilter,
    ClaimList,
    KindFilter,
    RatingFilter,
    StateFilter,
    TopicFilter,
)
from claims.desk.admin.rows import AppearanceInline, EvidenceInline
from claims.desk.approvals import ApprovalOutdated
from claims.desk.rules import Conflict, NotAllowed, Refused
from claims.formats.verdict import verdict_context
from claims.models import Claim, Revision
from claims.record.rows import count_origins
from factcheck.accounts.models import User
from factcheck.core import markdown
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.conflict import Merge
from factcheck.core.fields.keys import is_key
from factcheck.core.text import PROSE_MAX_LENGTH, shortened
from factcheck.core.web.pagination import CappedPaginator

# The most claims that one bulk act takes.
BULK = 100


def person(request: HttpRequest) -> User:
    """Who asks; the desk lets nobody in without a name."""
    return cast("User", request.user)


def version_in(request: HttpRequest, name: str = "version") -> int:
    """The version that the person saw; 0, which no claim has, when what was sent does not say."""
    version = request.POST.get(name, "")
    return int(version) if is_key(version) else 0


class ClaimForm(forms.ModelForm[Claim]):
    """The text of a claim."""

    def clean_slug(self) -> str:
        """In lower case, so that no two addresses differ by case alone; the one it has when left empty."""
        return str(self.cleaned_data["slug"]).lower() or self.instance.slug


@admin.register(Claim)
class ClaimAdmin(DeskModelAdmin):
    """Claims, from the sentence somebody wrote to the verdict that readers see."""

    form = ClaimForm
    refusals = (*DeskModelAdmin.refusals, Refused)
    inlines = [AppearanceInline, EvidenceInline]
    autocomplete_fields = ["claimant", "topics"]
    view_on_site = False
    fieldsets = [
        (
            gettext_lazy("The claim"),
            {
                "fields": [
                    "statement",
                    ("kind", "language"),
                    "claimant",
                    ("claimed_on", "date_note"),
                    "places",
                    "topics",
                    "checkable",
                    "why_not_checkable",
                    "selection_reason",
                    "slug",
                ]
            },
        ),
        (
            gettext_lazy("Rating and text"),
            {"fields": ["rating", "summary", "explanation", "method", "missing", "notice"]},
        ),
    ]

    list_display = [
        "claim",
        "where_it_stands",
        "rating",
        "claimant",
        "articles",
        "works_on_it",
        "age",
        "evidence",
    ]
    list_display_links = ["claim"]
    list_filter = [
        StateFilter,
        RatingFilter,
        TopicFilter,
        ClaimantFilter,
        ArticleFilter,
        AssigneeFilter,
        KindFilter,
    ]
    search_fields = ["statement", "slug", "claimant__name", "appearances__source__title"]
    search_help_text = gettext_lazy("Words of the claim, its slug, the claimant or the article")
    sortable_by = ["age", "where_it_stands"]
    ordering = ["-logged_at", "-pk"]
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 200
    actions = ["assign_selected", "submit_selected", export_as_fixture]

    class Media:
        css = {"all": ["claims/desk-claim.css"]}
        js = ["claims/desk-claim.js"]

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ClaimList]:
        return ClaimList

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any) -> Any:
        return CappedPaginator(queryset, per_page)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with one link for each saved view."""
        if request.method == "POST":
            sent = request.POST.copy()
            selected = sent.getlist(helpers.ACTION_CHECKBOX_NAME)
            sent.setlist(helpers.ACTION_CHECKBOX_NAME, [key for key in selected if is_key(key)])
            request.POST = sent  # type: ignore[assignment]
        elif ERROR_FLAG in request.GET:
            self.message_user(request, _("The list has no such filter. All claims are shown."), messages.WARNING)
        current = request.GET.get("view", "")
        views = [(name, label, name == current) for name, (label, _keep) in VIEWS.items()]
        return super().changelist_view(request, {"views": views, **(extra_context or {})})

    @admin.display(description=gettext_lazy("claim"))
    def claim(self, claim: Claim) -> str:
        return shortened(claim.statement, 110)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def where_it_stands(self, claim: Claim) -> str:
        differs = hasattr(claim, "published") and claim.state not in PUBLIC_STATES
        note = format_html(' <span class="note">{}</span>', _("readers see an older text")) if differs else ""
        return format_html('<span class="state state-{}">{}</span>{}', claim.state, claim.get_state_display(), note)

    @admin.display(description=gettext_lazy("appears in"))
    def articles(self, claim: Claim) -> str:
        articles = list(dict.fromkeys(appearance.source for appearance in claim.appearances.all()))
        if not articles:
            return ""
        more = len(articles) - 1
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("admin:sources_source_change", args=[articles[0].pk]),
            shortened(articles[0].title, 40),
            ngettext(" and %(count)d more", " and %(count)d more", more) % {"count": more} if more else "",
        )

    @admin.display(description=gettext_lazy("assignee"))
    def works_on_it(self, claim: Claim) -> str:
        return claim.assignee.signature if claim.assignee else ""

    @admin.display(description=gettext_lazy("age"), ordering="-logged_at")
    def age(self, claim: Claim) -> str:
        return format_html(
            '<time datetime="{}">{}</time>',
            claim.logged_at.isoformat(),
            timesince(claim.logged_at, depth=1).replace("\N{NO-BREAK SPACE}", " "),
        )

    @admin.display(description=gettext_lazy("evidence"))
    def evidence(self, claim: Claim) -> str:
        items = list(claim.evidence.all())
        stances = [item.stance for item in items]
        origins = count_origins({"origin": item.origin_key, "stance": item.stance} for item in items)
        lines = [
            _("%(count)d for") % {"count": stances.count(Stance.SUPPORTS)},
            _("%(count)d against") % {"count": stances.count(Stance.REFUTES)},
            ngettext("%(count)d origin", "%(count)d origins", origins) % {"count": origins},
        ]
        return format_html_join(" ", '<span class="counts">{}</span>', ((line,) for line in lines))

    # Bulk acts

    @admin.action(description=gettext_lazy("Assign selected claims"), permissions=["assign"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse | None:
        """Ask for the person, then assign each claim."""
        return self.bulk(request, queryset, acts.ACTS["assign"])

    @admin.action(description=gettext_lazy("Submit selected claims for review"), permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse | None:
        """Ask once, then submit each claim that can be."""
        return self.bulk(request, queryset, acts.ACTS["submit"])

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return acts.ACTS["assign"].is_permitted(person(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_export(request)

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return acts.ACTS["submit"].is_permitted(person(request))

    def bulk(self, request: HttpRequest, queryset: QuerySet[Claim], act: acts.DeskAct) -> HttpResponse | None:
        """One act on many claims, each for itself: what one is refused does not stop the others."""
        keys = list(queryset.order_by().values_list("pk", flat=True)[: BULK + 1])
        if len(keys) > BULK:
            sentence = _("Choose %(count)d claims or fewer, then do it again for the next ones.")
            self.message_user(request, sentence % {"count": BULK}, messages.WARNING)
            return None
        claims = list(Claim.objects.preload().filter(pk__in=keys))
        is_confirmed = "confirmed" in request.POST
        form = act.form({**request.POST.dict(), "version": "1"} if is_confirmed else None)
        if is_confirmed and form.is_valid():
            done = sum(self._do(request, act, claim, form.wishes) for claim in claims)
            if done:
                sentence = ngettext("%(act)s: %(count)d claim.", "%(act)s: %(count)d claims.", done)
                self.message_user(request, sentence % {"act": act.label, "count": done}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "act": act,
            "form": form,
            "media": self.media + form.media,
            "claims": [(claim, readiness.blockers(claim) if act.name == "submit" else []) for claim in claims],
            "action": request.POST.get("action", ""),
        }
        return TemplateResponse(request, "admin/claims/claim/bulk.html", context)

    def _do(self, request: HttpRequest, act: acts.DeskAct, claim: Claim, wishes: dict[str, Any]) -> bool:
        """One of many: whether it was done. The person is told why not."""
        try:
            act.run(claim, by=person(request), version=version_in(request, f"version-{claim.pk}"), **wishes)
        except Refused as refusal:
            self.message_user(request, f"{shortened(claim.statement, 80)} — {refusal}", messages.WARNING)
            return False
        return True

    # Who may change what

    def has_change_permission(self, request: HttpRequest, obj: Claim | None = None) -> bool:
        """Whether the form can be written in. What is sent, the act judges: its refusal keeps the text."""
        may = super().has_change_permission(request, obj)
        if obj is None or request.method == "POST" or not may:
            return may
        return not panel.why_locked(acts.Standing(obj, person(request)))

    def get_readonly_fields(self, request: HttpRequest, obj: Claim | None = None) -> list[str]:
        """A claim's address stays as it is once readers had it."""
        return ["slug"] if obj and Revision.objects.filter(claim=obj).exists() else []

    # The form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """On a page reached from an article, the first appearance is in it."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        source = request.GET.get("source", "")
        if isinstance(inline, AppearanceInline) and request.method == "GET" and not obj.pk and is_key(source):
            kwargs["initial"] = [{"source": source}]
        return kwargs

    def check_saving(self, request: HttpRequest, row: Claim) -> None:
        workflow.check_edit(row, by=person(request))

    def is_current(self, request: HttpRequest, row: Claim, form: Any, formsets: list[Any]) -> bool:
        """The version counts too: an act without a change of the text can change what may be done with it."""
        return version_in(request) == row.version and super().is_current(request, row, form, formsets)

    def merge(self, request: HttpRequest, row: Claim, form: Any, formsets: list[Any]) -> Merge:
        merge = super().merge(request, row, form, formsets)
        merge.data["version"] = str(row.version)
        return merge

    def status(self, refusal: Exception) -> int:
        return acts.status(refusal) if isinstance(refusal, Refused) else super().status(refusal)

    def save_model(self, request: HttpRequest, obj: Claim, form: Any, change: bool) -> None:
        """Nothing yet: `save_related` knows whether anything changed, rows included."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Log or edit the claim with its topics and rows, as one act; nothing when nothing changed."""
        if not change:
            workflow.log(form.instance, by=person(request))
        elif form.has_changed() or any(formset.has_changed() for formset in formsets):
            workflow.edit(form.instance, by=person(request), version=version_in(request))
        super().save_related(request, form, formsets, change)

    def response_change(self, request: HttpRequest, obj: Claim) -> HttpResponse:
        """Say so when there was nothing to save."""
        if obj.version == version_in(request):
            self.message_user(request, _("Nothing was changed, so nothing was saved."), messages.INFO)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The form with the version that its reader sees, and the panel beside it."""
        claim = context.get("original")
        if claim:
            context |= panel.context(claim, person(request))
            is_sent = request.method == "POST"
            context["version"] = version_in(request) if is_sent else context["standing"].claim.version
        return super().render_change_form(request, context, *args, **kwargs)

    # Pages of its own

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("markdown/", view(self.markdown_view), name="claims_claim_markdown"),
            path("<path:object_id>/act/<slug:name>/", view(self.act_view), name="claims_claim_act"),
            path("<path:object_id>/preview/", view(self.preview_view), name="claims_claim_preview"),
            path("<path:object_id>/consumers/", view(self.consumers_view), name="claims_claim_consumers"),
            *super().get_urls(),
        ]

    def _claim(self, request: HttpRequest, object_id: str) -> Claim:
        """The claim of a page. Raises Http404 when there is none, PermissionDenied for who may not see it."""
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404(_("No such claim."))
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        claim: Claim = Claim.objects.preload().get(pk=found.pk)
        return claim

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Say what an act will do and ask for what it needs; do it when that is sent."""
        claim = self._claim(request, object_id)
        act = acts.ACTS.get(name)
        if act is None:
            raise Http404(_("No such act."))
        by = person(request)
        standing = acts.Standing(claim, by)
        is_sent = request.method == "POST"
        form = act.form(request.POST if is_sent else None, initial={"version": claim.version, "to": claim.assignee_id})
        refusal: Refused | None = None
        code = 200
        if is_sent and form.is_valid():
            try:
                act.run(claim, by=by, version=form.cleaned_data["version"], **form.wishes)
            except Refused as refused:
                refusal = refused
            else:
                self.message_user(request, act.done, messages.SUCCESS)
                return redirect("admin:claims_claim_change", claim.pk)
        elif is_sent:
            code = 400
        elif not act.is_permitted(by):
            refusal = NotAllowed(_("Your role does not allow this. Ask a chief editor."))
        elif not act.is_offered(standing):
            refusal = Refused(_("This cannot be done with the claim as it stands."))
        if isinstance(refusal, Conflict):
            form.data = request.POST.copy()
            form.data["version"] = str(refusal.claim.version)
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "media": self.media + form.media,
            "act": act,
            "claim": claim,
            "form": form,
            "refusal": refusal,
            "may_try": is_sent or refusal is None,
            "changes": panel.changes(standing) if act.is_public else [],
            "shown": standing.shown,
            "since_approval": refusal.changes if isinstance(refusal, ApprovalOutdated) else None,
        }
        code = acts.status(refusal) if refusal else code
        return TemplateResponse(request, "admin/claims/claim/act.html", context, status=code)

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How the desk's text will look to readers."""
        claim = self._claim(request, object_id)
        context = {**verdict_context(panel.content(claim, person(request))), "back": claim.pk}
        return TemplateResponse(request, "claims/desk/preview.html", context)

    def consumers_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What programs will be told of the desk's text, and what of it their rules take amiss."""
        claim = self._claim(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What consumers will see"),
            "opts": self.opts,
            "media": self.media,
            "claim": claim,
            **panel.told(claim, person(request)),
        }
        return TemplateResponse(request, "admin/claims/claim/consumers.html", context)

    def markdown_view(self, request: HttpRequest) -> HttpResponse:
        """HTML of the Markdown in `text`, for the preview below a field."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("text", "")
        if len(text) > PROSE_MAX_LENGTH:
            return HttpResponse(_("The text is too long for a preview."), status=400, content_type="text/plain")
        return HttpResponse(markdown.render(text))
