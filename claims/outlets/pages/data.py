"""The data as a whole: what there is for programs and researchers, the archive, and what each column means."""

from itertools import islice

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from claims.formats import dictionary
from claims.formats.files import FILES
from claims.formats.tables import CORRECTIONS, TABLES
from claims.outlets import archive
from claims.outlets.answers import not_modified, public_file, public_page
from claims.record import imprint

ARCHIVES_SHOWN = 5
# What a row of each table is, in the words of the page.
_ROWS = {
    "claims": _("Claims: the verdict, and what it rests on in numbers"),
    "evidence": _("Evidence: each source that was put to a claim, and what it says"),
    "appearances": _("Appearances: each place where a claim was made"),
}


@public_page
def overview(request: HttpRequest) -> HttpResponse:
    """Every way to take the data, under which terms, and the newest archives."""
    files = [
        (words, [(file.form, reverse(f"files:{file.route}")) for file in FILES.values() if file.of == table])
        for table, words in _ROWS.items()
    ]
    shown = list(islice(archive.newest_first(), ARCHIVES_SHOWN))
    context = {
        "files": files,
        "archives": [one for one in shown if not one.holds_what_was_taken_back],
        "license": settings.DATA_LICENSE,
        "attribution": imprint.attribution(),
    }
    return render(request, "claims/data.html", context)


@public_page
def columns(request: HttpRequest) -> HttpResponse:
    """What every table and column means, and how each kind of file is read."""
    context = {"tables": [*TABLES.values(), CORRECTIONS], "reading": dictionary.READING.values()}
    return render(request, "claims/dictionary.html", context)


@public_file
def archived(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An archive, as long as nothing in it was taken back. Raises Http404 when there is none of this name."""
    found = archive.find(f"{slug}.zip")
    if found is None:
        raise Http404("There is no such archive.")
    if found.holds_what_was_taken_back:
        text = "Something in this archive was withdrawn or redacted after it was made, so it is not given out any more."
        newer = f"{text} See {imprint.address('claims:data')}\n"
        return HttpResponse(newer, status=410, content_type="text/plain; charset=utf-8")
    tag = f'"{found.sha256}"'
    if answer := not_modified(request, tag):
        return answer
    try:
        file = found.path.open("rb")
    except FileNotFoundError:
        raise Http404("There is no such archive.") from None
    return FileResponse(file, as_attachment=True, content_type="application/zip", headers={"ETag": tag})


@public_file
def newest(request: HttpRequest) -> HttpResponse:
    """The way to the newest archive, for programs that come again. Raises Http404 when there is none."""
    for found in islice(archive.newest_first(), ARCHIVES_SHOWN):
        if not found.holds_what_was_taken_back:
            return redirect("files:archive", found.slug)
    raise Http404("There is no archive.")
