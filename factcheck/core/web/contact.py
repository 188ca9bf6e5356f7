"""Where readers write to: the link to the newsroom's mailbox or contact page, with the subject filled in."""

from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from factcheck.core.text import one_line, shortened

_LONGEST_SUBJECT = 150


def is_contact(text: str) -> bool:
    """True if the text is an e-mail address or an https address, and so can be the setting `CONTACT`."""
    try:
        if text.startswith("https://"):
            return bool(urlsplit(text).hostname) and not set(text) & set(" \"'<>\\")
        validate_email(text)
    except (ValueError, ValidationError):
        return False
    return True


def contact_address(contact: str, subject: str) -> str:
    """The address that opens a message to `contact` with this subject; empty if `contact` is empty.

    A mailbox becomes a mailto address (RFC 6068). A contact page gets the parameter `subject`, and ignores it if it
    doesn't know it. The subject is one line and percent-encoded, so it can't add a header or a recipient.
    """
    if not contact:
        return ""
    query = "subject=" + quote(shortened(one_line(subject), _LONGEST_SUBJECT), safe="")
    if not contact.startswith("https://"):
        return f"mailto:{quote(contact, safe='@')}?{query}"
    parts = urlsplit(contact)
    return parts._replace(query=f"{parts.query}&{query}" if parts.query else query).geturl()
