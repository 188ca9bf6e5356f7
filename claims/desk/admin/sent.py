"""What a request to the desk says: who sends it, and which version of a claim they saw."""

from typing import cast

from django.http import HttpRequest

from factcheck.accounts.models import User
from factcheck.core.fields.keys import is_key


def person(request: HttpRequest) -> User:
    """The person who sends the request; nobody gets into the desk without an account."""
    return cast("User", request.user)


def version_in(request: HttpRequest, name: str = "version") -> int:
    """The version that the person saw; 0, which no claim has, if none was sent."""
    version = request.POST.get(name, "")
    return int(version) if is_key(version) else 0
