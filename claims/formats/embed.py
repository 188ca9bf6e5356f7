"""A verdict embedded in other sites: the texts of its card, and the HTML of the iframe that shows it.

Embedded code stays on other sites for years. So it has only the address of the card and no part of the verdict. The
card itself always shows the newest version.
"""

import datetime
from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.utils import dateformat, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from claims.formats.card import claimed_in
from claims.record import imprint
from claims.record.evidence import in_a_sentence
from claims.schema import Content
from factcheck.core.fields import dates
from factcheck.core.text import first_sentence, one_line, shortened

# The card may open the claim in a new window, and nothing else.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
# In pixels: the default width of the frame, and the width of a phone.
WIDTH, _PHONE_WIDTH = 600, 320
# From this width on, the card has larger type and more text: see embed.css.
_WIDE = 560
# The height of the rating, the dates, the footer and the space around the texts.
_FIXED_HEIGHT = 214
LONGEST = 280
# The height of the plain link below the frame, with its margins.
LINK_HEIGHT = 56


@dataclass(frozen=True)
class Card:
    """The texts of a card, each short enough for a frame. A wide frame also shows `rest` and `balance`."""

    headline: str
    statement: str
    answer: str
    rest: str
    balance: str
    byline: str
    notice: str

    @classmethod
    def of(cls, content: Content) -> "Card":
        """The card of a revision's body."""
        answer, rest = first_sentence(one_line(content["summary"]))
        return cls(
            headline=shortened(content.get("headline", ""), LONGEST),
            statement=shortened(content["statement"], LONGEST),
            answer=shortened(answer, LONGEST),
            rest=shortened(rest, LONGEST),
            balance=in_a_sentence(content["evidence"]),
            byline=_byline(content),
            notice=content["notice"],
        )

    def height(self, width: int) -> int:
        """The estimated height of the card in pixels, in a frame of at most this width.

        It's high enough that nobody has to scroll in the frame. Space that isn't needed is above the card's footer.
        """
        widths = [min(width, _PHONE_WIDTH), *([_WIDE] if width >= _WIDE else [])]
        return max(self._height(width) for width in widths)

    def _height(self, width: int) -> int:
        """The estimated height of the card in a frame of exactly this width."""
        inside, is_wide = max(width - 40, 60), width >= _WIDE
        # For each text: the average width of a character and the height of a line, both in pixels.
        title, text, small = ((12.9, 30), (10.2, 28), (8.0, 21)) if is_wide else ((10.4, 23), (8.8, 24), (8.0, 21))
        texts = [
            (self.headline or self.statement, title),
            (self.statement if self.headline else "", text),
            (f"{self.answer} {self.rest}" if is_wide else self.answer, text),
            (self.balance if is_wide else "", small),
            (self.byline, small),
            (self.notice, small),
        ]
        return _FIXED_HEIGHT + sum(ceil(len(line) * wide / inside) * high for line, (wide, high) in texts)


def embed_code(content: Content, *, language: str, width: int = WIDTH, height: int | None = None) -> str:
    """The HTML that shows a claim's card in this language on any page, at most `height` pixels high.

    It stays valid if the claim is corrected. Below the frame is a plain link, because some sites put the code in a
    stricter sandbox, in which no link of the frame opens.
    """
    with translation.override(language):
        title = _("A claim, checked by %(site)s") % {"site": settings.SITE_NAME}
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0;max-width:100%" loading="lazy" '
        'sandbox="{}"></iframe>\n<p><a href="{}">{}</a></p>',
        imprint.address("claims:embed", content["slug"], language=language),
        title,
        width,
        max(1, (height or height_of(content, language=language, width=width)) - LINK_HEIGHT),
        _SANDBOX,
        imprint.address("claims:detail", content["slug"], language=language),
        title,
    )


def height_of(content: Content, *, language: str, width: int) -> int:
    """The estimated height in pixels of the code for a frame of this width: the card, and the link below it."""
    with translation.override(language):
        return Card.of(content).height(width) + LINK_HEIGHT


def _byline(content: Content) -> str:
    """Who made the claim, when and where, and when it was checked."""
    checked = datetime.datetime.fromisoformat(content["revision"]["at"])
    parts = [
        content["claimant"]["name"] if content["claimant"] else _("Claimant unknown"),
        dates.in_words(content["claimed_on"]),
        claimed_in(content),
        _("checked %(day)s") % {"day": dateformat.format(checked, pgettext("date in a sentence", "j F Y"))},
    ]
    return " · ".join(filter(None, parts))
