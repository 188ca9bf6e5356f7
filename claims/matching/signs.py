"""What in a sentence can often be checked: figures, who said it, comparisons.

Signs order sentences for an editor who reads a text, nothing more. Whether a sentence is worth checking can't be told
from them: hand-set signs found such sentences no better than chance.
"""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from factcheck.core import words


class Sign(models.TextChoices):
    """What in a sentence can often be checked. It doesn't say whether the sentence is true."""

    FIGURE = "figure", _("a figure")
    ATTRIBUTION = "attribution", _("who said it")
    COMPARISON = "comparison", _("a comparison")


# Words as regular expressions, without case and accents. In other languages only digits and quotation marks are signs.
_WORDS = {
    "en": {
        Sign.FIGURE: (
            "half twice doubled? tripled? quarters? thirds? dozens? hundreds? thousands? millions? billions? "
            "percent percentage two three four five six seven eight nine ten twenty thirty forty fifty majority"
        ),
        Sign.ATTRIBUTION: (
            "said says told tells according claims claimed argued? argues reports reported estimated? announced? "
            "wrote writes testified admits admitted denies denied promised? promises found"
        ),
        Sign.COMPARISON: (
            "than compared most least fewest highest lowest largest biggest smallest worst best record rose risen "
            "fell fallen increased? decreased? grew grown dropped drops surged? since only never"
        ),
    },
    "es": {
        Sign.FIGURE: (
            "mitad doble triple tercios? cuartos? docenas? cientos? miles mil millon millones ciento porcentaje "
            "dos tres cuatro cinco seis siete ocho nueve diez veinte treinta cuarenta cincuenta mayoria"
        ),
        Sign.ATTRIBUTION: (
            "dijo dijeron dicen? segun afirma afirmo afirmaron asegura aseguro declara declaro informa informo "
            "sostienen? anuncia anuncio nego negaron prometio reconocio estiman?"
        ),
        Sign.COMPARISON: (
            "mas menos mayor menor peor mejor maximo minimo record comparado comparada aumento aumentaron baja "
            "bajo bajaron subio crecio crecieron cayo cayeron desde solo nunca"
        ),
    },
}
_PATTERNS = {
    language: {sign: re.compile(rf"\b(?:{'|'.join(some.split())})\b") for sign, some in signs.items()}
    for language, signs in _WORDS.items()
}
_DIGIT = re.compile(r"\d")
_QUOTED = re.compile(r"[“«„\"「].+?[”»\"」“]")


def signs(sentence: str, language: str) -> list[Sign]:
    """The signs in a sentence of this language, in the order of `Sign`."""
    folded = words.folded(sentence)
    patterns = _PATTERNS.get(words.primary(language), {})
    found = {sign for sign, pattern in patterns.items() if pattern.search(folded)}
    if _DIGIT.search(folded):
        found.add(Sign.FIGURE)
    if _QUOTED.search(sentence):
        found.add(Sign.ATTRIBUTION)
    return [sign for sign in Sign if sign in found]
