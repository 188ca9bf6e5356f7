"""A verdict embedded in other sites: the texts of its card, and the HTML of the iframe that shows it.

Embedded code stays on other sites for years. So it has only the address of the card and no part of the verdict. The
card itself always shows the newest version.
"""

from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from claims.formats.card import claimed_in
from claims.record import imprint
from claims.schema import Content
from factcheck.core.text import first_sentence, one_line, shortened

# The card may open the claim in a new window, and nothing else.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
# In pixels: the default width of the frame, and the width of a phone.
WIDTH, _PHONE_WIDTH = 600, 320
LONGEST = 280


@dataclass(frozen=True)
class Card:
    """The texts of a card, each short enough for a frame."""

    statement: str
    answer: str
    where: str
    notice: str

    @classmethod
    def of(cls, content: Content) -> "Card":
        """The card of a revision's body."""
        answer, _rest = first_sentence(one_line(content["summary"]))
        return cls(
            statement=shortened(content["statement"], LONGEST),
            answer=shortened(answer, LONGEST),
            where=claimed_in(content),
            notice=content["notice"],
        )

    def height(self, width: int) -> int:
        """The estimated height of the card in pixels, in a frame of this width or on a phone, whichever is narrower.

        It's high enough that nobody has to scroll in the frame. Space that isn't needed is above the card's footer.
        """
        narrow = min(width, _PHONE_WIDTH) / _PHONE_WIDTH
        # For each text: the number of characters in a line on a phone, and the height of a line.
        texts = [(self.statement, 32, 23), (self.answer, 39, 23), (self.where, 22, 19), (self.notice, 42, 19)]
        return 230 + sum(ceil(len(text) / (fit * narrow)) * high for text, fit, high in texts)


def iframe_code(content: Content, *, language: str, width: int = WIDTH, height: int | None = None) -> str:
    """The HTML that shows a claim's card in this language on any page. It stays valid if the claim is corrected."""
    with translation.override(language):
        title = _("A claim, checked by %(site)s") % {"site": settings.SITE_NAME}
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0;max-width:100%" loading="lazy" '
        'sandbox="{}"></iframe>',
        imprint.address("claims:embed", content["slug"], language=language),
        title,
        width,
        height or Card.of(content).height(width),
        _SANDBOX,
    )
