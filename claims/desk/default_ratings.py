"""The ratings of a new site, in each language of the interface. A newsroom can change them, or add its own scale."""

from typing import Any

from claims.models import Claim, Rating, RatingScale

Words = dict[str, tuple[str, str]]

# slug, number on the scale (None: off the scale), and the label and definition in each language
_RATINGS: list[tuple[str, int | None, Words]] = [
    (
        "true",
        5,
        {
            "en": ("True", "The claim is accurate and leaves out nothing important."),
            "es": ("Verdadero", "La afirmación es exacta y no omite nada importante."),
        },
    ),
    (
        "mostly-true",
        4,
        {
            "en": ("Mostly true", "The claim is accurate in the main, but needs more information or context."),
            "es": (
                "Mayormente verdadero",
                "La afirmación es exacta en lo esencial, pero necesita más información o contexto.",
            ),
        },
    ),
    (
        "half-true",
        3,
        {
            "en": ("Half true", "Part of the claim is accurate and part isn’t, or it misleads without context."),
            "es": (
                "Verdad a medias",
                "Una parte de la afirmación es exacta y otra no, o sin contexto lleva a error.",
            ),
        },
    ),
    (
        "mostly-false",
        2,
        {
            "en": (
                "Mostly false",
                "The claim has some truth in it, but gets the main point wrong or leaves out something important.",
            ),
            "es": (
                "Mayormente falso",
                "La afirmación tiene algo de verdad, pero se equivoca en lo principal u omite algo importante.",
            ),
        },
    ),
    (
        "false",
        1,
        {
            "en": ("False", "The claim isn’t accurate."),
            "es": ("Falso", "La afirmación no es exacta."),
        },
    ),
    (
        "unverified",
        None,
        {
            "en": ("Unverified", "We could not find enough evidence to say."),
            "es": ("Sin verificar", "No encontramos pruebas suficientes para saberlo."),
        },
    ),
    (
        "not-checkable",
        None,
        {
            "en": (
                "Not checkable",
                "It is an opinion, a prediction or a value judgement, so evidence cannot settle it.",
            ),
            "es": (
                "No verificable",
                "Es una opinión, una predicción o un juicio de valor, y las pruebas no pueden resolverlo.",
            ),
        },
    ),
    (
        "outdated",
        None,
        {
            "en": ("Outdated", "The claim was accurate once, but no longer is."),
            "es": ("Desactualizado", "La afirmación fue exacta, pero ya no lo es."),
        },
    ),
    (
        "satire",
        None,
        {
            "en": ("Satire", "The claim was made as a joke, and others share it as fact."),
            "es": ("Sátira", "La afirmación se hizo en broma, y otros la comparten como si fuera cierta."),
        },
    ),
    (
        "void",
        None,
        {
            "en": ("Retracted check", "We made a mistake, such as checking something nobody said."),
            "es": ("Verificación anulada", "Cometimos un error, como verificar algo que nadie dijo."),
        },
    ),
]
_OWN = "en"


def _defaults() -> list[dict[str, Any]]:
    """The values of the default ratings, without their scale."""
    return [
        {
            "slug": slug,
            "label": words[_OWN][0],
            "definition": words[_OWN][1],
            "translations": [
                {"language": language, "label": label, "definition": definition}
                for language, (label, definition) in sorted(words.items())
                if language != _OWN
            ],
            "on_scale": value is not None,
            "value": value,
            "order": order,
        }
        for order, (slug, value, words) in enumerate(_RATINGS, start=1)
    ]


def add_default_ratings(using: str = "default", **_: Any) -> None:
    """Add the default scale if there is no scale. Runs after each migration."""
    if RatingScale.objects.using(using).exists():
        return
    scale = RatingScale.objects.using(using).create(slug="truth", name="True to false", worst=1, best=5)
    Rating.objects.using(using).bulk_create(Rating(scale=scale, **values) for values in _defaults())


def is_unused_default(rating: Rating) -> bool:
    """True if the rating is as a new site has it, and no claim has it."""
    values = {name: getattr(rating, name) for name in _defaults()[0]}
    return values in _defaults() and not Claim.objects.filter(rating=rating).exists()
