"""Links to the newsroom's mailbox or contact page."""

from django import template
from django.conf import settings

from factcheck.core.web.contact import contact_address

register = template.Library()


@register.simple_tag
def contact_link(subject: str) -> str:
    """The address to write to about this subject. Empty if the newsroom has no contact: check `contact` first."""
    return contact_address(settings.CONTACT, subject)
