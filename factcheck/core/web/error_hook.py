"""Reports each error that a reader or editor got as status 500 to the function that ERROR_HOOK names."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.utils.module_loading import import_string

from factcheck.core.database import is_unavailable

_log = logging.getLogger(__name__)


def connect() -> None:
    """Call the hook from now on, if there is one. Raises ImportError if it can't be imported."""
    if settings.ERROR_HOOK:
        import_string(settings.ERROR_HOOK)
        got_request_exception.connect(_report, dispatch_uid="error_hook")


def _report(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Call the hook with the exception and the request. Whatever it raises is logged and changes no response."""
    error = sys.exc_info()[1]
    if error is None or is_unavailable(error):
        return
    try:
        import_string(settings.ERROR_HOOK)(error, request)
    except Exception:  # noqa: BLE001 — it isn't our code
        _log.exception("ERROR_HOOK failed")
