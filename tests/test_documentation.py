"""What can be set and what can be run is written down."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from factcheck.environment import VARIABLES

ROOT = Path(settings.BASE_DIR)
# The table itself, and the launcher, which hands PATH on to the programs it starts.
READS_THE_ENVIRONMENT = {"factcheck/environment.py", "factcheck/devdb/lease.py"}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OUR_COMMANDS = sorted(
    file.stem
    for file in ROOT.glob("*/**/management/commands/[a-z]*.py")
    if file.relative_to(ROOT).parts[0] in {"factcheck", "sources", "claims"}
)


def settings_table() -> str:
    """The table that README.md must hold, made from the code."""
    lines = [
        f"| `{variable.name}` | {variable.default or 'nothing'} | {variable.meaning} |"
        for variable in VARIABLES.values()
    ]
    return "\n".join(["| Name | Without it | Meaning |", "|---|---|---|", *lines])


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0].strip()
    assert table == settings_table(), f"Put this between the two marks in README.md:\n\n{settings_table()}\n"


def test_no_setting_is_read_past_the_table() -> None:
    readers = [
        file.relative_to(ROOT).as_posix()
        for folder in ("factcheck", "sources", "claims")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"os\.(environ\.get|environ\[|getenv)", file.read_text(encoding="utf-8"))
    ]
    assert set(readers) <= READS_THE_ENVIRONMENT, "Read it through factcheck.environment."


@pytest.mark.parametrize("command", OUR_COMMANDS)
def test_every_command_of_ours_is_documented_and_found(command: str) -> None:
    assert command in get_commands()
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{command}\b", page, re.MULTILINE)


def test_every_documented_command_exists() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z_]+)", page, re.MULTILINE)
    assert documented
    assert set(documented) <= set(get_commands())


@pytest.mark.parametrize("document", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_link_between_our_pages_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert missing == []
