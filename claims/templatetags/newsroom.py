"""Links to the pages that the newsroom has written about itself."""

from dataclasses import dataclass

from django import template
from django.urls import reverse

from claims.choices import PageKind
from claims.models import PageVersion
from claims.record import imprint

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


@register.simple_tag
def written_pages() -> list[Link]:
    """The pages that readers can open. One query."""
    return [Link(kind) for kind in PageVersion.objects.written()]
