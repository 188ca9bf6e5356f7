"""The stylesheet that readers' pages wait for."""

import re
from pathlib import Path

from django.conf import LazySettings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client


def test_production_has_one_stylesheet_with_the_rules_of_all(
    settings: LazySettings, tmp_path: Path, client: Client, db: None
) -> None:
    settings.STATIC_ROOT = tmp_path
    backend = "factcheck.core.static_files.BundlingStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    for _ in range(2):  # again over what is there already
        call_command("collectstatic", "--no-input", verbosity=0)
    page = client.get("/about/").content.decode()
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    css = (tmp_path / sheet.removeprefix(f"{settings.STATIC_URL}")).read_text(encoding="utf-8")
    assert "@import" not in css
    folder = Path(settings.BASE_DIR, "factcheck/static/factcheck")
    parts = re.findall(r'url\("([a-z]+\.css)"\)', (folder / "site.css").read_text(encoding="utf-8"))
    assert len(parts) == 7
    for name in parts:
        assert (folder / name).read_text(encoding="utf-8").strip() in css
    assert css.index("@media print {") < css.index("@page")
    assert staticfiles_storage.url("factcheck/site.css") == sheet
