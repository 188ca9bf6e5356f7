"""Export of claims from the desk as files."""

from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.desk import fixture_export as fixture
from claims.models import Claim
from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind
from factcheck.core.database import repeatable_read

if TYPE_CHECKING:
    from factcheck.accounts.models import User


def may_export(request: HttpRequest) -> bool:
    """True if this person may export drafts and desk notes. Editors may."""
    return request.user.has_perm("claims.publish_claim")


@admin.action(description=_("Export selected claims as a fixture"), permissions=["export"])
def export_as_fixture(_modeladmin: Any, request: HttpRequest, queryset: QuerySet[Claim]) -> FileResponse:
    """The selected claims as `export_fixture` writes them, with drafts and desk notes, for editors.

    Protected sources that this person may not see are left out.
    Raises PermissionDenied for others: the file names colleagues and has unpublished text.
    """
    if not may_export(request):
        raise PermissionDenied
    security.note(SecurityKind.EXPORT, request=request, about="selected claims", rows=queryset.count())
    # Write the whole file first: a slow download must not keep a transaction open, nor end with half a file.
    file = TemporaryFile()  # noqa: SIM115 — the response closes it
    with repeatable_read():
        for text in fixture.as_json(fixture.everything(queryset, by=cast("User", request.user))):
            file.write(text.encode())
    file.seek(0)
    name = f"claims-{timezone.now():%Y-%m-%d}.json"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/json")
