"""A verdict for pages of other sites: the texts of its card, and the code of the frame that shows it.

What is pasted elsewhere stays there for years. So the code holds the card's address and no word of the verdict: the
card alone says it, and the card always shows the newest version.
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

# The card opens the claim in a window of its own, and can do nothing else.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
# In pixels: the frame unless another size is asked for, and the screen of a telephone.
WIDTH, _TELEPHONE = 600, 320
LONGEST = 280


@dataclass(frozen=True)
class Card:
    """What a card says of a version, each text short enough for a frame."""

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
        """About as many pixels as the card needs in a frame of this width, or on a telephone when that is narrower.

        So nobody has to scroll in it; what the card does not need lies above its foot.
        """
        narrow = min(width, _TELEPHONE) / _TELEPHONE
        # How many characters stand in a line of each text on a telephone, and how high the line is.
        texts = [(self.statement, 32, 23), (self.answer, 39, 23), (self.where, 22, 19), (self.notice, 42, 19)]
        return 230 + sum(ceil(len(text) / (fit * narrow)) * high for text, fit, high in texts)


def code(content: Content, *, language: str, width: int = WIDTH, height: int | None = None) -> str:
    """The HTML that shows a claim's card, in a language, on any page. It stays right whatever is corrected."""
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
