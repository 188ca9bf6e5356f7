"""The storage of static files in production."""

import re
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

# A stylesheet that only names others, which stand in its folder.
_BUNDLE = "factcheck/site.css"
_IMPORT = re.compile(r"""@import url\("([a-z-]+\.css)"\) ?([a-z]*);""")


class BundlingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names each file after its content, compresses it, and writes the imports of the readers' stylesheet into it.

    So a page waits for one stylesheet. A browser would find imports only after it has read the first file.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        # Public, whoever collects them. What editors upload has another mode.
        super().__init__(*args, file_permissions_mode=0o644, directory_permissions_mode=0o755, **options)

    def post_process(
        self, paths: MutableMapping[str, tuple[Any, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if _BUNDLE in paths and not dry_run:
            # From the source: collectstatic copies only what changed, so the collected file may be the last bundle.
            origin, name = paths[_BUNDLE]
            bundle = Path(self.path(_BUNDLE))
            bundle.write_text(inlined(Path(origin.path(name)), bundle.parent), encoding="utf-8")
            # From here on the collected file is the source, and not the one in our code.
            paths[_BUNDLE] = (self, _BUNDLE)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def outdated(self) -> list[str]:
        """The names of the files that aren't collected as they are in the code, in order."""
        sources = dict[str, Path]()
        for finder in get_finders():
            for name, storage in finder.list(StaticFilesConfig.ignore_patterns):
                sources.setdefault(name, Path(storage.path(name)))
        return sorted(name for name, source in sources.items() if not self._is_collected(name, source))

    def _is_collected(self, name: str, source: Path) -> bool:
        collected = Path(self.path(name))
        if name not in self.hashed_files or not collected.is_file():
            return False
        if name == _BUNDLE:
            return collected.read_text(encoding="utf-8") == inlined(source, source.parent)
        return collected.read_bytes() == source.read_bytes()

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name, compressed in super().compress_files(paths):
            # They would get the mode that the umask leaves.
            Path(self.path(compressed)).chmod(self.file_permissions_mode)
            yield name, compressed


def inlined(sheet: Path, folder: Path) -> str:
    """The stylesheet with the files it imports, which are in the folder, in place of the imports."""

    def content(found: re.Match[str]) -> str:
        text = (folder / found[1]).read_text(encoding="utf-8")
        return f"@media {found[2]} {{\n{text}}}" if found[2] else text

    return _IMPORT.sub(content, sheet.read_text(encoding="utf-8"))
