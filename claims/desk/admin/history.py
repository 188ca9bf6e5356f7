"""Read-only tables of the history: acts at the desk, published versions, corrections."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimEvent, Correction, Revision
from factcheck.core.desk.admin import ReadOnlyAdmin


@admin.register(ClaimEvent)
class ClaimEventAdmin(ReadOnlyAdmin):
    """Acts at the desk."""

    list_display = ["claim_slug", "kind", "actor_name", "at", "from_state", "to_state"]
    list_filter = ["kind", "to_state"]
    list_select_related = ["claim"]
    search_fields = ["claim__slug"]
    search_help_text = _("The claim's slug")
    ordering = ["-pk"]
    fields = ["claim", "version", "kind", "actor_name", "at", "from_state", "to_state", "note"]

    @admin.display(description=_("claim"), ordering="claim__slug")
    def claim_slug(self, event: ClaimEvent) -> str:
        return event.claim.slug


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Published versions."""

    list_display = ["slug", "number", "act", "signed_by", "at", "short_reason"]
    list_filter = ["act"]
    search_fields = ["slug"]
    search_help_text = _("The claim's slug")
    ordering = ["-pk"]
    fields = ["claim", "number", "act", "reason", "signed_by", "at", "redaction", "content"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return Revision.objects.with_redaction().defer("body")

    @admin.display(description=_("reason"))
    def short_reason(self, revision: Revision) -> str:
        return Truncator(revision.reason).words(12)

    @admin.display(description=_("redacted"))
    def redaction(self, revision: Revision) -> str:
        if revision.redacted_in is None:
            return ""
        sentence = _("By version %(number)d. Readers no longer see the text of this version; only the desk does.")
        return sentence % {"number": revision.redacted_in}

    @admin.display(description=_("published text"))
    def content(self, revision: Revision) -> str:
        return format_html('<pre class="body">{}</pre>', json.dumps(revision.content, ensure_ascii=False, indent=2))


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    """Corrections and withdrawals, as readers see them."""

    list_display = ["slug", "kind", "rating_before", "rating_after", "at", "reason"]
    list_filter = ["kind"]
    list_select_related = ["revision"]
    search_fields = ["revision__slug"]
    search_help_text = _("The claim's slug")
    ordering = ["-pk"]
    fields = ["revision", "kind", "reason", "rating_before", "rating_after", "at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        return super().get_queryset(request).defer("revision__body")

    @admin.display(description=_("claim"), ordering="revision__slug")
    def slug(self, correction: Correction) -> str:
        return correction.revision.slug
