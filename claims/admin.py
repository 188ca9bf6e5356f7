"""Where Django looks for the admin: everything is in the desk."""

from claims.desk import admin  # noqa: F401
