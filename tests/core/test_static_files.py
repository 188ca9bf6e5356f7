"""The static files of production, and the stylesheet that readers' pages wait for."""

import os
import re
import shutil
import stat
import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.test import Client


@pytest.fixture
def collected(settings: LazySettings, tmp_path: Path) -> Path:
    """An empty folder for the static files of production."""
    settings.STATIC_ROOT = tmp_path
    backend = "factcheck.core.static_files.BundlingStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    return tmp_path


def test_production_has_one_stylesheet_with_the_rules_of_all(
    settings: LazySettings, collected: Path, client: Client, db: None
) -> None:
    call_command("collectstatic", "--no-input", verbosity=0)
    page = client.get("/about/how-it-works/").content.decode()
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    css = (collected / sheet.removeprefix(f"{settings.STATIC_URL}")).read_text(encoding="utf-8")
    assert "@import" not in css
    folder = Path(settings.BASE_DIR, "factcheck/static/factcheck")
    parts = re.findall(r'url\("([a-z]+\.css)"\)', (folder / "site.css").read_text(encoding="utf-8"))
    assert len(parts) == 7
    for name in parts:
        assert (folder / name).read_text(encoding="utf-8").strip() in css
    assert css.index("@media print {") < css.index("@page")
    assert staticfiles_storage.url("factcheck/site.css") == sheet


def test_an_upgrade_changes_the_stylesheet_although_only_a_part_is_new(
    settings: LazySettings, collected: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    release = tmp_path_factory.mktemp("release")
    shutil.copytree(Path(settings.BASE_DIR, "factcheck/static/factcheck"), release / "factcheck")
    settings.STATICFILES_DIRS = [release]
    call_command("collectstatic", "--no-input", verbosity=0)
    before = staticfiles_storage.url("factcheck/site.css")

    part = release / "factcheck/claim.css"
    part.write_text(part.read_text(encoding="utf-8") + ".new-rule { color: red; }\n", encoding="utf-8")
    soon = time.time() + 60  # Later than the copy, whatever the clock of the file system counts in.
    os.utime(part, (soon, soon))
    call_command("collectstatic", "--no-input", verbosity=0)

    assert staticfiles_storage.url("factcheck/site.css") != before
    assert ".new-rule" in (collected / "factcheck/site.css").read_text(encoding="utf-8")


def test_every_user_can_read_them_whoever_collected_them(collected: Path) -> None:
    before = os.umask(0o077)
    try:
        call_command("collectstatic", "--no-input", verbosity=0)
    finally:
        os.umask(before)
    made = list(collected.rglob("*"))
    assert {"staticfiles.json", "site.css", "site.css.gz"} <= {path.name for path in made}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o644}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o755}


def reported() -> list[str]:
    return [found.msg for found in run_checks(tags=[Tags.staticfiles], include_deployment_checks=True)]


def test_the_checks_of_a_deployment_find_files_that_are_missing_or_of_another_version(collected: Path) -> None:
    (missing,) = reported()
    assert re.search(r"aren't collected: .+, .+, .+ and \d+ more\.", missing)
    call_command("collectstatic", "--no-input", verbosity=0)
    assert reported() == []
    (collected / "factcheck/site.css").write_text("p {}")
    (collected / "factcheck/icon.svg").unlink()
    assert reported() == ["Static files of this version aren't collected: factcheck/icon.svg, factcheck/site.css."]


def test_a_developer_collects_nothing() -> None:
    assert reported() == []
