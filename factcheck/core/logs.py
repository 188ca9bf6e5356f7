"""Log filters."""

import logging


class OneLineFilter(logging.Filter):
    """Puts the message of a security event on one line and drops its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record. Always returns True."""
        record.exc_info = None
        record.msg, record.args = " ".join(record.getMessage().split()), None
        return True
