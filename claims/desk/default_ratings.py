"""The ratings of a new site. A newsroom can change them at the desk, or add its own scale."""

from typing import Any

from claims.models import Rating, RatingScale

# slug, label, number on the scale (None: off the scale), definition
_RATINGS = [
    ("true", "True", 5, "The claim is accurate, and nothing that matters is left out."),
    ("mostly-true", "Mostly true", 4, "The claim is accurate in the main; something needs to be added or made clear."),
    (
        "half-true",
        "Half true",
        3,
        "Part of the claim is accurate and part is not, or it needs context to be understood.",
    ),
    (
        "mostly-false",
        "Mostly false",
        2,
        "There is something to the claim, but what matters in it is wrong or left out.",
    ),
    ("false", "False", 1, "The claim is not accurate."),
    ("unverified", "Unverified", None, "The evidence that could be reached does not settle the claim."),
    (
        "not-checkable",
        "Not checkable",
        None,
        "No evidence could settle it: an opinion, a forecast, a question of value.",
    ),
    ("outdated", "Outdated", None, "The claim was accurate once and no longer is."),
    ("satire", "Satire", None, "The claim was made as a joke and is passed on as fact."),
    ("void", "Void", None, "The check rested on a mistake, such as a claim that was never made. It says nothing."),
]


def add_default_ratings(using: str = "default", **_: Any) -> None:
    """Add the default scale if there is no scale. Runs after each migration."""
    if RatingScale.objects.using(using).exists():
        return
    scale = RatingScale.objects.using(using).create(slug="truth", name="True to false", worst=1, best=5)
    Rating.objects.using(using).bulk_create(
        Rating(
            scale=scale,
            slug=slug,
            label=label,
            definition=definition,
            on_scale=value is not None,
            value=value,
            order=order,
        )
        for order, (slug, label, value, definition) in enumerate(_RATINGS, start=1)
    )
