"""Environment variables are parsed in one way, and invalid values are refused."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from factcheck import environment


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("on", True), ("TRUE", True), (" yes ", True), ("0", False), ("off", False), ("No", False)],
)
def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("FOUR_EYES", value)
    assert environment.flag("FOUR_EYES", default=not meant) is meant


@pytest.mark.parametrize("unset", [None, "", "  "])
def test_an_unset_or_empty_variable_has_its_default(monkeypatch: pytest.MonkeyPatch, unset: str | None) -> None:
    monkeypatch.delenv("FOUR_EYES", raising=False)
    if unset is not None:
        monkeypatch.setenv("FOUR_EYES", unset)
    assert environment.flag("FOUR_EYES", default=True) is True
    assert environment.flag("FOUR_EYES", default=False) is False
    assert environment.text("FOUR_EYES", "on") == "on"


def test_an_invalid_switch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match=r"DEBUG='maybe' .* Set it to on or off\."):
        environment.flag("DEBUG", default=False)


def test_a_variable_outside_the_table_cannot_be_read() -> None:
    with pytest.raises(KeyError, match="NEW_SETTING"):
        environment.text("NEW_SETTING")


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example, ,b.example,")
    assert environment.words("ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_a_secret_comes_from_its_file_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("SECRET_KEY", "from the variable")
    assert environment.secret("SECRET_KEY") == "from the variable"
    monkeypatch.setenv("SECRET_KEY_FILE", str(file))
    assert environment.secret("SECRET_KEY") == "from the file"


def test_a_secret_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY_FILE: cannot read .*absent: No such file"):
        environment.secret("SECRET_KEY")
