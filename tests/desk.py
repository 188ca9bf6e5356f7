"""Helpers for tests of the desk: sign in with a role, and send a form as a browser would."""

from html import unescape
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils.html import strip_tags

from tests.factories import UserFactory

ROLES = ["Reporter", "Editor", "Chief editor", "Assessor"]


def signed_in(role: str, **person: Any) -> Client:
    """A client of a new person with this role."""
    # Django looks these up once and keeps them; the tests that count queries must not depend on who came first.
    ContentType.objects.get_for_models(*apps.get_models())
    client = Client()
    client.force_login(UserFactory.create(role=role, **person))
    return client


def read(response: Any) -> bytes:
    """The whole content. A file is closed with its end."""
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def filled_in(client: Client, address: str) -> dict[str, Any]:
    """What the form at `address` would send when nothing in it is changed."""
    context = client.get(address).context
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    forms = [context["adminform"].form]
    for formset in formsets:
        forms += [formset.management_form, *formset.forms]
    bound_fields = [field for form in forms for field in form if not field.field.disabled]
    values = {field.html_name: field.value() for field in bound_fields}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    return sent | {"as_read": context.get("as_read", "")}


def errors_of(response: Any) -> str:
    """Everything that the form says is wrong with it, as text."""
    return unescape(strip_tags(str(response.context["errors"]))) if response.context else ""
