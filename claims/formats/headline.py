"""The title of a published version, the same on its page and wherever it is shared, embedded or listed."""

from django.utils.translation import gettext as _

from claims.record.wording import name_of
from claims.schema import Content
from factcheck.core.text import one_line, shortened

_LONGEST = 200


def title(content: Content) -> str:
    """The title of a version, from its body."""
    return title_from(content["headline"], name_of(content["rating"]).text, content["statement"])


def title_from(headline: str, rating: str, statement: str) -> str:
    """The finding if there is one. Otherwise the rating and the claim in quotation marks, never the claim alone."""
    return one_line(headline) or rated(rating, shortened(statement, _LONGEST))


def rated(rating: str, statement: str) -> str:
    """The rating, then the claim in quotation marks and without its full stop."""
    return _("%(rating)s: “%(statement)s”") % {"rating": rating, "statement": statement.removesuffix(".")}
