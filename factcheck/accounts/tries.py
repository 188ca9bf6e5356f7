"""How often somebody may try a password: per network, per name from one network, and per name from everywhere.

The tries are counted in the database before the password is hashed, for all doors and processes together. A name that
nobody has counts like any other.
"""

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import ngettext

from factcheck.accounts import security
from factcheck.accounts.models import SecurityKind
from factcheck.core.text import folded, printable
from factcheck.core.web import limits
from factcheck.core.web.limits import Limit

# Nobody is locked out by one stranger: their network reaches its own limit first, and then the name isn't counted any
# more. Many networks together can reach the limit of a name, which is why its window is short.
NETWORK, NAME_HERE, NAME = "passwords-network", "passwords-name-here", "passwords-name"
limits.LIMITS |= {
    NETWORK: Limit(requests=100, seconds=15 * 60),
    NAME_HERE: Limit(requests=10, seconds=15 * 60),
    NAME: Limit(requests=100, seconds=5 * 60),
}
_MINUTE = 60


class TooManyTries(ValidationError):
    """The password wasn't looked at. `seconds` says when to try again."""

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // _MINUTE)
        sentence = ngettext(
            "Too many sign-in attempts. Wait %(count)d minute, then try again.",
            "Too many sign-in attempts. Wait %(count)d minutes, then try again.",
            minutes,
        )
        super().__init__(sentence % {"count": minutes}, code="too-many")
        self.seconds = seconds


def count(request: HttpRequest, username: str) -> None:
    """Count one try. Raises TooManyTries over a limit, and writes one event for each window."""
    for name, key in _keys(request, username):
        use, limit = limits.count(name, key), limits.LIMITS[name]
        if use.requests > limit.requests:
            if use.requests == limit.requests + 1:
                security.note(SecurityKind.SIGN_IN_LIMITED, request=request, limit=name, door=request.path)
            raise TooManyTries(use.seconds)


def forgive(request: HttpRequest, username: str) -> None:
    """Forget the tries of this name from this network, because the password was right."""
    limits.forget(*_keys(request, username)[1])


def _keys(request: HttpRequest, username: str) -> list[tuple[str, str]]:
    """The limits of a try with what they count. Case, accents and width of a name give no new tries."""
    network, name = limits.network_of(request), folded(printable(username, 150))
    return [(NETWORK, network), (NAME_HERE, f"{network}\0{name}"), (NAME, name)]


def too_many(form: object) -> int:
    """The seconds to wait if the form was refused for too many tries, or else 0."""
    errors = getattr(form, "errors", None)
    found = [error for errors_of in (errors.as_data() if errors else {}).values() for error in errors_of]
    return max((error.seconds for error in found if isinstance(error, TooManyTries)), default=0)
