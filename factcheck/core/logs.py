"""What the log of the site has, and its format."""

import datetime
import json
import logging
from http import HTTPStatus

from factcheck.core.database import is_unavailable
from factcheck.core.text import one_line, printable
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


class RequestFilter(logging.Filter):
    """Keeps the log about requests short: nothing about missing pages, and one line about a database that is away.

    Anybody can ask for pages that don't exist as often as they like; the log of the proxy has them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """True if the record is to be logged."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and is_unavailable(error):
            record.msg, record.args = f"{record.getMessage()}: {one_line(str(error))}", None
            record.exc_info = None
        return getattr(record, "status_code", None) != HTTPStatus.NOT_FOUND


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII: time (UTC), level, logger, request, message, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)
