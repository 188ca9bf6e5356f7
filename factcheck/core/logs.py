"""What the log keeps."""

import logging


class InOneLine(logging.Filter):
    """Keeps the message of a security event on one line and leaves its traceback out."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, shortened."""
        record.exc_info = None
        record.msg, record.args = " ".join(record.getMessage().split()), None
        return True
