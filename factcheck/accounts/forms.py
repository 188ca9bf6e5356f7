"""Forms that take a password: at the sign-in, and to change one's own."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.http import HttpRequest

from factcheck.accounts import tries


class SignInForm(AdminAuthenticationForm):
    """The sign-in of the desk, with a limit on tries."""

    def clean(self) -> dict[str, Any]:
        """The name and the password. Raises TooManyTries before the password is looked at."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if self.request is None or username is None or not password:
            return super().clean()
        tries.count(self.request, username)
        cleaned = super().clean()
        tries.forgive(self.request, username)
        return cleaned


class OwnPasswordForm(AdminPasswordChangeForm):
    """A new password of one's own, with a limit on tries of the old one."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        """The old password. Raises TooManyTries before it is looked at."""
        username = self.user.get_username()
        tries.count(self.request, username)
        password: str = super().clean_old_password()
        tries.forgive(self.request, username)
        return password
