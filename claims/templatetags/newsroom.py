"""Links to the pages that the newsroom has written about itself."""

from dataclasses import dataclass

from django import template
from django.template import Context
from django.urls import reverse

from claims.choices import PageKind
from claims.models import PageVersion
from claims.record import imprint
from factcheck.core.web.context import NEWEST_PAGE

register = template.Library()


@dataclass(frozen=True)
class Link:
    """A page with its address and its name in the language of the page."""

    kind: PageKind

    @property
    def path(self) -> str:
        return reverse(imprint.PAGES[self.kind])

    @property
    def label(self) -> str:
        return str(self.kind.label)


@register.simple_tag(takes_context=True)
def written_pages(context: Context) -> list[Link]:
    """The pages that readers can open. One query, and none if the view knows the newest of them."""
    request = context.get("request")
    return [Link(kind) for kind in PageVersion.objects.written(request.META.get(NEWEST_PAGE) if request else None)]
