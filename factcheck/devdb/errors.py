"""The one way in which the launcher says no. Without Django: the supervisor starts faster for it."""


class LaunchError(Exception):
    """Why there is no server: what is wrong, where the log is, what to do, in one line for a person."""
