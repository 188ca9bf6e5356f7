"""The person and the claim's version in a request to the desk."""

from typing import cast

from django.http import HttpRequest

from factcheck.accounts.models import User
from factcheck.core.fields.keys import is_key


def person(request: HttpRequest) -> User:
    """The person who sends the request. The desk is only for people with an account."""
    return cast("User", request.user)


def version_in(request: HttpRequest, name: str = "version") -> int:
    """The version that the person saw. If none was sent, 0, which no claim has."""
    version = request.POST.get(name, "")
    return int(version) if is_key(version) else 0
