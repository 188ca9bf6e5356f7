"""Log filters."""

import logging

from factcheck.core.text import printable
from factcheck.core.web.request_ids import current_request, id_of

# Room for a security event, in which each character can take six.
_LONGEST = 10_000


class RequestIdFilter(logging.Filter):
    """Adds `request_id`: the id of the request that the line is about, or a dash.

    Django logs the status of a response after all middleware, and then passes the request with the line.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id. Always returns True."""
        record.request_id = id_of(getattr(record, "request", None) or current_request()) or "-"
        return True


class OneLineFilter(logging.Filter):
    """Puts the message of a security event on one line of printable characters and drops its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record. Always returns True."""
        record.exc_info = None
        record.msg, record.args = printable(record.getMessage(), _LONGEST), None
        return True
