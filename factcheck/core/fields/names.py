"""Checks of the names and sentences that readers get as we typed them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from factcheck.core.text import overrides_direction


def check_reading_order(text: str) -> None:
    """Validate that no invisible mark shows the letters in another order. Raises ValidationError if one can."""
    if overrides_direction(text):
        raise ValidationError(
            _("This has an invisible mark that shows its letters in another order. Type it again by hand.")
        )
