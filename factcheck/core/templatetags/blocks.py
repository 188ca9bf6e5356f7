"""The same words in two places of a page."""

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def again(context: template.Context, name: str) -> str:
    """The content of a block of this page, such as its title, for an attribute.

    Templates can't name one block twice.
    """
    content = str(context.render_context[BLOCK_CONTEXT_KEY].get_block(name).render(context)).strip()
    return mark_safe(content.replace('"', "&quot;"))  # noqa: S308 — the block is part of the page already
