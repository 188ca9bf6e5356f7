"""A folder that a command writes and updates."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from factcheck.core.folder import SUMS, Folder, FolderError, is_safe


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def run(root: Path, files: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Run once with these files. Returns the paths that changed and the paths that were removed."""
    with Folder(root) as folder:
        changed = [path for path, content in files.items() if folder.put(path, [content])]
        return changed, folder.finish()


def held(root: Path) -> dict[str, bytes]:
    """Every file in the folder and below it, including hidden ones."""
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def assert_sums_hold(root: Path) -> None:
    """Check that `sha256sum -c` passes and that no file is missing from the list."""
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", SUMS], cwd=root, check=True)
    listed = {line.split("  ", 1)[1] for line in (root / SUMS).read_text().splitlines()}
    assert listed == held(root).keys() - {SUMS}


def test_files_are_written_in_pieces_with_their_sums(root: Path) -> None:
    with Folder(root) as folder:
        assert folder.put("a/b.txt", [b"one ", b"two"])
        assert folder.finish() == []
    assert held(root) == {
        "a/b.txt": b"one two",
        SUMS: f"{hashlib.sha256(b'one two').hexdigest()}  a/b.txt\n".encode(),
    }
    assert_sums_hold(root)


def test_a_second_run_touches_only_what_changed(root: Path) -> None:
    run(root, {"a.txt": b"a", "b.txt": b"b"})
    for file in root.iterdir():
        os.utime(file, (1, 1))
    assert run(root, {"a.txt": b"a", "b.txt": b"B"}) == (["b.txt"], [])
    assert [(root / name).stat().st_mtime == 1 for name in ("a.txt", "b.txt", SUMS)] == [True, False, False]
    for file in root.iterdir():
        os.utime(file, (1, 1))
    assert run(root, {"a.txt": b"a", "b.txt": b"B"}) == ([], [])
    assert {file.stat().st_mtime for file in root.iterdir()} == {1}
    assert_sums_hold(root)


def test_a_file_that_somebody_else_changed_is_restored(root: Path) -> None:
    run(root, {"a.txt": b"a"})
    (root / "a.txt").write_bytes(b"forged")
    assert run(root, {"a.txt": b"a"}) == (["a.txt"], [])


def test_what_is_not_put_again_is_removed_with_its_empty_folders(root: Path) -> None:
    run(root, {"x/y/gone.txt": b"", "x/kept.txt": b"", "z/gone.txt": b""})
    assert run(root, {"x/kept.txt": b""}) == ([], ["x/y/gone.txt", "z/gone.txt"])
    assert held(root).keys() == {"x/kept.txt", SUMS}
    assert sorted(path.name for path in root.iterdir()) == [SUMS, "x"]


def test_files_of_others_are_never_touched(root: Path) -> None:
    run(root, {"x/gone.txt": b"", "kept.txt": b""})
    (root / "x/of-others.txt").write_bytes(b"mine")
    run(root, {"kept.txt": b""})
    assert held(root).keys() == {"x/of-others.txt", "kept.txt", SUMS}
    with Folder(root) as folder, pytest.raises(FolderError, match=r"x/of-others\.txt wasn't written by this command"):
        folder.put("x/of-others.txt", [b"ours"])
    assert (root / "x/of-others.txt").read_bytes() == b"mine"


def test_a_folder_of_others_is_refused(root: Path) -> None:
    root.mkdir()
    (root / "thesis.txt").write_text("mine")
    with pytest.raises(FolderError, match="Choose an empty or new folder"), Folder(root):
        pass
    assert held(root) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("line", ["{}  ../../outside.txt", "{}  /etc/passwd", "{} a.txt", "nonsense"])
def test_sums_that_lead_out_of_the_folder_are_refused(root: Path, line: str) -> None:
    outside = root.parent / "outside.txt"
    outside.write_text("mine")
    run(root, {"a.txt": b""})
    with (root / SUMS).open("a") as file:
        file.write(line.format("0" * 64) + "\n")
    with pytest.raises(FolderError, match="line 2, wasn't written by this command"):
        run(root, {"a.txt": b""})
    assert outside.read_text() == "mine"


@pytest.mark.parametrize(
    "path",
    ["../a", "a/../b", "/a", "a//b", "a/", ".hidden", "a/.git/config", "a\\b", "a\n", "ä", "", "a b", "c:/a", SUMS],
)
def test_paths_that_leave_the_folder_or_are_hidden_are_refused(root: Path, path: str) -> None:
    assert not is_safe(path)
    with Folder(root) as folder, pytest.raises(ValueError):  # noqa: PT011 — the message is the path
        folder.put(path, [b""])


@pytest.mark.parametrize("path", ["a", "-/_", "claims.csv", "static/base.1234.css", ".well-known/security.txt"])
def test_names_of_a_site_are_safe(path: str) -> None:
    assert is_safe(path)


def test_names_that_differ_only_in_case_are_reported(root: Path) -> None:
    with Folder(root) as folder:
        for path in ["a/Bridge", "a/bridge", "b", "c/x", "C/x"]:
            folder.put(path, [path.encode()])
        folder.finish()
        assert folder.case_conflicts == [("a/Bridge", "a/bridge"), ("c/x", "C/x")]
    assert held(root)["a/Bridge"] == b"a/Bridge"


def test_a_dry_run_reports_the_same_and_changes_nothing(root: Path) -> None:
    with Folder(root, dry_run=True) as folder:
        assert folder.put("a.txt", [b"a"])
        assert folder.finish() == []
    assert not root.exists()
    run(root, {"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"})
    before = held(root)
    with Folder(root, dry_run=True) as folder:
        assert [folder.put(path, [b"a"]) for path in ("a.txt", "b.txt", "d.txt")] == [False, True, True]
        assert folder.finish() == ["c.txt"]
    assert held(root) == before


def test_only_one_run_at_a_time_has_the_folder(root: Path) -> None:
    with Folder(root), pytest.raises(FolderError, match="Another run"), Folder(root):
        pass
    run(root, {"a.txt": b""})


KILLED = """
import os, sys
from pathlib import Path
from factcheck.core.folder import Folder
def pieces():
    yield b"half a "
    os._exit(9)
with Folder(Path(sys.argv[1])) as folder:
    folder.put("first.txt", [sys.argv[2].encode()])
    folder.put("new.txt", [sys.argv[2].encode()])
    folder.put("last.txt", pieces())
"""


def killed(root: Path, content: str) -> None:
    found = subprocess.run([sys.executable, "-c", KILLED, str(root), content], check=False)
    assert found.returncode == 9


def test_the_run_after_a_killed_one_completes_it(root: Path) -> None:
    killed(root, "one")
    assert held(root)["new.txt"] == b"one"
    assert not (root / "last.txt").exists()
    killed(root, "two")
    assert run(root, {"first.txt": b"two", "last.txt": b"whole"}) == (["last.txt"], ["new.txt"])
    assert held(root).keys() == {"first.txt", "last.txt", SUMS}
    assert_sums_hold(root)


def test_a_killed_run_leaves_the_sums_of_the_one_before(root: Path) -> None:
    run(root, {"first.txt": b"one", "old.txt": b"old"})
    sums = (root / SUMS).read_bytes()
    killed(root, "two")
    assert (root / SUMS).read_bytes() == sums
    assert run(root, {"first.txt": b"two"}) == ([], ["new.txt", "old.txt"])
    assert_sums_hold(root)
