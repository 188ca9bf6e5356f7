"""The desk: Django's admin under our name."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class DeskSite(admin.AdminSite):
    """The admin site where editors work."""

    site_header = _("Factcheck desk")
    site_title = _("Factcheck desk")
    index_title = _("The desk")
    empty_value_display = "–"


class DeskConfig(AdminConfig):
    default_site = "factcheck.desk.DeskSite"
