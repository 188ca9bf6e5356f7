"""The exception of the launcher. This module doesn't import Django, so that the supervisor starts faster."""


class LaunchError(Exception):
    """The server can't be used. The message is one line: what is wrong, where the log is, and what to do."""
