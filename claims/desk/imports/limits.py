"""The limits of what can be imported, in one table. A reader's process gets those of its format as JSON."""

from dataclasses import asdict, dataclass

_MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The limits of one reader. Sizes are in bytes, and texts in characters."""

    # Of the process: address space, and seconds of computing for each file and each megabyte of it.
    memory: int = 512 * 1024 * 1024
    seconds: int = 30
    seconds_for_mb: float = 1.0
    # Of the file: its bytes when unpacked, how often its size it may unpack to, and its rows.
    bytes: int = 20_000 * _MB
    ratio: int = 100
    rows: int = 20_000_000
    # Of a row: all its text, one value, and objects within objects.
    row: int = 1 * _MB
    value: int = 100_000
    depth: int = 30
    # Of a web page.
    page: int = 5 * _MB

    def as_json(self, size: int) -> dict[str, int]:
        """The limits for a file of this size."""
        given = asdict(self)
        given["seconds"] += int(given.pop("seconds_for_mb") * size / _MB)
        return given


LIMITS = Limits()

# An upload at the desk, which a proxy in front must let through. A command reads larger files.
MAX_UPLOAD = 10 * _MB
# Refused rows whose reasons are stored for a run. The others are only counted: their reasons repeat.
MOST_PROBLEMS_KEPT = 10_000
# Pieces of evidence, or articles, of one claim that are read from a file of these.
MOST_PARTS = 100
# Different labels that an import may bring. A column with more isn't one of labels.
MOST_NEW_LABELS = 1_000
# Web addresses of one list.
MOST_PAGES = 10_000
# Rows that are written together. Claims are few at once, because nobody else can log one meanwhile.
BATCH, BATCH_OF_CLAIMS = 5_000, 25
# Fetched pages whose rows are stored together: few, so that a run says at least once a minute that it goes on.
BATCH_OF_PAGES = 3
# A batch has no more characters than this, or one more row, so that memory stays flat however long rows are.
MOST_TEXT_OF_A_BATCH = 10_000_000
# Sources that a page offers at once, and of those the web pages that are fetched, in all this many seconds.
MOST_SOURCES_OFFERED, MOST_PAGES_FETCHED, SECONDS_TO_FETCH = 50, 10, 20.0
