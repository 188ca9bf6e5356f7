"""Pages about the data: the downloads, the archives, and the dictionary of columns."""

from itertools import islice

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from claims.formats import dictionary
from claims.formats.files import offered
from claims.formats.tables import CORRECTIONS, TABLES
from claims.outlets import archive
from claims.outlets.responses import not_modified, public_file, public_page
from claims.record import imprint
from claims.search import counting

ARCHIVES_SHOWN = 5
# The description of each table on the page.
_TABLE_DESCRIPTIONS = {
    "claims": _("Claims: each claim with its rating, and the number of sources for and against it"),
    "evidence": _("Evidence: each source that we used, and what it says about the claim"),
    "appearances": _("Appearances: where each claim appeared"),
}


@public_page
def overview(request: HttpRequest) -> HttpResponse:
    """The page with all downloads, the licence and the newest archives."""
    able = offered(counting.everything())
    files = [
        (description, [(file.form, reverse(f"files:{file.route}")) for file in able if file.of == table])
        for table, description in _TABLE_DESCRIPTIONS.items()
    ]
    shown = list(islice(archive.newest_first(), ARCHIVES_SHOWN))
    context = {
        "files": files,
        "archives": [one for one in shown if not one.has_removed_text],
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
    }
    return render(request, "claims/data.html", context)


@public_page
def columns(request: HttpRequest) -> HttpResponse:
    """The page with the meaning of every table and column, and instructions to read each file format."""
    context = {"tables": [*TABLES.values(), CORRECTIONS], "reading": dictionary.READING.values()}
    return render(request, "claims/dictionary.html", context)


@public_file
def archived(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An archive as a download, or 410 if text in it was withdrawn or redacted. Raises Http404 if there is none."""
    found = archive.find(f"{slug}.zip")
    if found is None:
        raise Http404("No archive has this name.")
    if found.has_removed_text:
        reason = "This archive is no longer available: something in it was withdrawn or redacted after it was made."
        text = f"{reason} Use a newer one from {imprint.address('claims:data')}\n"
        return HttpResponse(text, status=410, content_type="text/plain; charset=utf-8")
    tag = f'"{found.sha256}"'
    if response := not_modified(request, tag):
        return response
    try:
        file = found.path.open("rb")
    except FileNotFoundError:
        raise Http404("No archive has this name.") from None
    return FileResponse(file, as_attachment=True, content_type="application/zip", headers={"ETag": tag})


@public_file
def newest(request: HttpRequest) -> HttpResponse:
    """A redirect to the newest archive, as a fixed address for programs. Raises Http404 if there is none."""
    for found in islice(archive.newest_first(), ARCHIVES_SHOWN):
        if not found.has_removed_text:
            return redirect("files:archive", found.slug)
    raise Http404("There are no archives.")
