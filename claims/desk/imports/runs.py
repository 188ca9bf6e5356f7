"""The acts on an import: start, check, apply and undo. A run that is killed goes on where it was.

The file is read once, by the check, which stores the rows in batches. So what was checked is what is imported. An
import writes a batch, deletes it and stores the number of its last row in one transaction, which begins by locking the
run and comparing that number. So two processes can't write a batch twice, and one that was overtaken stops.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import IO, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.choices import ImportOutcome, ImportState, ImportTarget
from claims.desk.imports import kinds, labels, pages
from claims.desk.imports.foreign import ForeignChecks
from claims.desk.imports.imported_claims import Claims
from claims.desk.imports.limits import BATCH_OF_PAGES, MOST_PROBLEMS_KEPT, MOST_TEXT_OF_A_BATCH
from claims.desk.imports.rows import Problem, Row, packed, unpacked
from claims.desk.imports.seen import Seen
from claims.desk.imports.targets import Tally, Target, kept
from claims.models import ImportBatch, ImportedRow, ImportRun
from factcheck.accounts.models import User
from factcheck.core.batches import ahead

TARGETS: dict[ImportTarget, type[Target]] = {ImportTarget.FOREIGN: ForeignChecks, ImportTarget.CLAIMS: Claims}
# Different kinds of problems that a run counts.
_MOST_REASONS = 200
# Reports the outcome of one row, with its problems.
Report = Callable[[Row, ImportOutcome, tuple[Problem, ...]], None]
_CHECKABLE = {ImportState.UPLOADED, ImportState.TO_CHECK, ImportState.NEEDS_LABELS, ImportState.CHECKED}
_APPLICABLE = {ImportState.CHECKED, ImportState.WAITING, ImportState.APPLYING}


class Refused(Exception):
    """The act isn't possible now. The message says why and what to do."""


class NotNeeded(Refused):
    """The file was imported before, so it would change nothing."""


class FeedIsBusy(Refused):
    """Another run of the feed is being applied, or was interrupted."""


class Overtaken(Exception):
    """Another process went on with this run."""


class NotUndone(Refused):
    """Something else changed rows of the run since. `obstacles` names them."""

    def __init__(self, obstacles: list[Problem]) -> None:
        self.obstacles = obstacles
        count = len(obstacles)
        super().__init__(
            ngettext(
                "We can't undo this import: %(count)d row was used or changed since.",
                "We can't undo this import: %(count)d rows were used or changed since.",
                count,
            )
            % {"count": count}
        )


# Start


def start(
    file: IO[bytes],
    file_name: str,
    *,
    feed: str,
    kind: str,
    target: ImportTarget = ImportTarget.FOREIGN,
    mapping: dict[str, Any] | None = None,
    whole: bool = False,
    by: User | None = None,
) -> ImportRun:
    """A new run for this file, or the one that already has it and hasn't ended.

    Raises NotNeeded if the file is imported already, unless it's a list of pages, which may say something else now.
    """
    digest, size = digest_of(file)
    mapping = mapping or {}
    same = ImportRun.objects.filter(feed=feed, kind=kind, target=target, file_sha256=digest, mapping=mapping)
    if not kinds.KINDS[kind].is_fetched and (run := same.filter(state=ImportState.APPLIED).first()):
        raise NotNeeded(
            _("This file was imported on %(day)s (import %(number)d), so it would change nothing.")
            % {"day": timezone.localtime(run.ended_at).date().isoformat(), "number": run.pk}
        )
    if run := same.filter(state__in=_CHECKABLE | _APPLICABLE, whole=whole).first():
        return run
    return ImportRun.objects.create(
        feed=feed,
        kind=kind,
        target=target,
        file_name=PurePath(file_name).name[-255:],
        file_sha256=digest,
        file_size=size,
        mapping=mapping,
        whole=whole,
        by=by,
    )


def digest_of(file: IO[bytes]) -> tuple[str, int]:
    """The SHA-256 of a file in hexadecimal, and its size. Leaves it at its start."""
    file.seek(0)
    digest, size = sha256(), 0
    while data := file.read(1024 * 1024):
        digest.update(data)
        size += len(data)
    file.seek(0)
    return digest.hexdigest(), size


# Check and apply


@dataclass
class _Pass:
    """One pass over the rows of a run: what it counts, and the problems that it stores."""

    run: ImportRun
    report: Report | None
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kept: int = 0

    def note(self, rows: Sequence[Row], tally: Tally) -> None:
        """Count the outcomes of these rows, and store those to be kept."""
        stored = list(tally.kept)
        for row in rows:
            problems = row.problems or tally.problems.get(row.number, ())
            outcome = tally.outcomes.get(row.number, tally.otherwise)
            if problems or row.is_twin:
                outcome = ImportOutcome.REFUSED if problems else ImportOutcome.UNCHANGED
            self.counts["rows"] += 1
            self.counts[outcome] += 1
            if outcome == ImportOutcome.REFUSED:
                self._note_reasons(problems)
                if self.kept < MOST_PROBLEMS_KEPT:
                    self.kept += 1
                    said = [problem.as_json() for problem in problems]
                    stored.append(kept(self.run, row, ImportOutcome.REFUSED, problems=said))
            if self.report:
                self.report(row, outcome, problems)
        # Another process may have stored the same.
        ImportedRow.objects.bulk_create(stored, ignore_conflicts=True)

    def _note_reasons(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            reason = " ".join(
                filter(None, [f"{problem.field}:" if problem.field else "", problem.sort or problem.reason])
            )
            if reason in self.reasons or len(self.reasons) < _MOST_REASONS:
                self.reasons[reason] += 1

    def as_json(self) -> dict[str, Any]:
        counts: dict[str, Any] = {"rows": 0, **dict.fromkeys(ImportOutcome.values, 0), **self.counts}
        return counts | {"reasons": dict(self.reasons.most_common())}

    @classmethod
    def resumed(cls, run: ImportRun, report: Report | None) -> "_Pass":
        counts = dict(run.counts)
        reasons: Counter[str] = Counter(counts.pop("reasons", {}))
        kept = run.rows.filter(outcome=ImportOutcome.REFUSED).count()
        return cls(run, report, Counter(counts), reasons, kept)


def check(
    run: ImportRun,
    file: IO[bytes],
    *,
    advance: Callable[[int], None] = lambda _rows: None,
    report: Report | None = None,
    dry_run: bool = False,
) -> ImportRun:
    """Read all rows and store what an import would do with them. Writes only the run, its rows and labels to decide.

    With `dry_run` it doesn't write the labels, nor the rows that an import would write: it's checked again before that.

    The run is then `CHECKED`, or `NEEDS_LABELS` if a label must be decided first, or `STOPPED` with its reason if the
    file can't be read. Raises Refused if the run is further than that, or the file isn't the one of the run.
    """
    _expect(run, _CHECKABLE)
    _expect_file(run, file)
    target = TARGETS[ImportTarget(run.target)](run)
    work = _Pass(run, report)
    run.rows.all().delete()
    run.batches.all().delete()
    try:
        for rows in _batches(run, file, target):
            work.note(rows, target.check(_for_target(rows)))
            if not dry_run:
                _store(run, rows)
            ImportRun.objects.filter(pk=run.pk).update(counts=work.as_json(), active_at=timezone.now())
            advance(len(rows))
    except kinds.Unreadable as error:
        return stop(run, str(error), counts=work.as_json())
    found = target.checked(dry_run=dry_run)
    counts = work.as_json() | found.counts
    if found.state == ImportState.STOPPED:
        return stop(run, found.reason, counts=counts)
    return _set(run, found.state, counts=counts, reason=found.reason, at_row=0)


def ask_again(run: ImportRun) -> ImportRun:
    """Look again at the labels of a run that was checked, after some were decided. It's `CHECKED` if all are."""
    _expect(run, {ImportState.NEEDS_LABELS, ImportState.CHECKED})
    found = labels.again(run)
    return _set(run, found.state, counts=run.counts | found.counts, reason=found.reason)


def _for_target(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.problems and not row.is_twin]


def apply(
    run: ImportRun, *, advance: Callable[[int], None] = lambda _rows: None, report: Report | None = None
) -> ImportRun:
    """Write the rows of a checked run, batch by batch, or all in one transaction if it's whole or nothing.

    A run that was interrupted goes on after its last batch. Raises Refused if the run isn't checked, or if another run
    of the feed is being applied; raises Overtaken if another process went on with it.
    """
    _expect(run, _APPLICABLE)
    if run.whole and (refused := run.counts.get(ImportOutcome.REFUSED, 0)):
        raise Refused(
            ngettext(
                "%(count)d row is refused, so we imported nothing. Correct it, or import the other rows only.",
                "%(count)d rows are refused, so we imported nothing. Correct them, or import the other rows only.",
                refused,
            )
            % {"count": refused}
        )
    if run.state != ImportState.APPLYING and run.counts.get("rows", 0) and not run.batches.exists():
        raise Refused(_("Check the file again before you import it."))
    _begin(run)
    with ExitStack() as whole:
        if run.whole:
            whole.enter_context(transaction.atomic())
        work = _Pass.resumed(run, report) if run.at_row else _Pass(run, report)
        target = TARGETS[ImportTarget(run.target)](run)
        while batch := run.batches.order_by("number").first():
            rows = unpacked(batch.rows)
            _write(run, batch, rows, target, work)
            advance(len(rows))
        return _set(run, ImportState.APPLIED, ended_at=timezone.now())


def _store(run: ImportRun, rows: list[Row]) -> None:
    """Store rows of a check for the import."""
    with connection.cursor() as cursor, connection.wrap_database_errors:
        # Without Django's log of statements: with DEBUG it would keep each batch, which is megabytes.
        cursor.cursor.execute(
            f"INSERT INTO {ImportBatch._meta.db_table} (run_id, number, rows) VALUES (%s, %s, %s)",  # noqa: S608
            [run.pk, rows[-1].number, packed(rows)],
        )


def _write(run: ImportRun, batch: ImportBatch, rows: list[Row], target: Target, work: _Pass) -> None:
    with transaction.atomic():
        now = ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if now.at_row != run.at_row or now.state != ImportState.APPLYING:
            raise Overtaken
        if not run.at_row:
            run.rows.all().delete()
        work.note(rows, target.apply(_for_target(rows)))
        batch.delete()
        _set(run, ImportState.APPLYING, at_row=batch.number, counts=work.as_json(), active_at=timezone.now())


def _begin(run: ImportRun) -> None:
    if run.state == ImportState.APPLYING:
        return
    try:
        with transaction.atomic():
            begun = ImportRun.objects.filter(pk=run.pk, state=run.state).update(state=ImportState.APPLYING)
    except IntegrityError:
        other = ImportRun.objects.filter(feed=run.feed, state=ImportState.APPLYING).first()
        raise FeedIsBusy(
            _(
                "Import %(number)d of this feed is running, or was interrupted. Wait until it has ended, or import its "
                "file again: %(file)s."
            )
            % {"number": other.pk if other else 0, "file": other.file_name if other else ""}
        ) from None
    if not begun:
        raise Overtaken
    run.refresh_from_db()


def _batches(run: ImportRun, file: IO[bytes], target: Target) -> Iterator[list[Row]]:
    """The rows in batches, as `_made` makes them, and as the target wants them. Raises Unreadable."""
    if kinds.KINDS[run.kind].is_fetched:
        yield from _made(kinds.KINDS[run.kind].rows(pages.lines(file), run.mapping), BATCH_OF_PAGES)
        return
    batches = _made(kinds.rows(run.kind, file, run.file_name, run.mapping), target.batch)
    yield from ahead(batches) if target.reads_ahead else batches


def _made(rows: Iterable[Row], size: int) -> Generator[list[Row]]:
    """The rows in batches. A row whose reference an earlier row of the file has is refused, unless both are the same.

    Two rows with the same values are one: the second is left out. A batch of long rows has fewer.
    """
    with Seen() as seen:
        batch: list[Row] = []
        length = 0
        for row in rows:
            if row.problems:
                row.values = {"reference": row.reference}
            batch.append(row)
            length += sum(map(len, row.values.values()))
            if len(batch) == size or length > MOST_TEXT_OF_A_BATCH:
                _refuse_twins(batch, seen)
                yield batch
                batch, length = [], 0
        if batch:
            _refuse_twins(batch, seen)
            yield batch


def _refuse_twins(rows: list[Row], seen: Seen) -> None:
    valid = {row.number: row for row in rows if not row.problems}
    again = seen.add(list(valid.values()))
    second = []
    for number, (_first, is_same) in again.items():
        row = valid[number]
        if row.other_reference and not is_same:
            row.values["reference"] = row.other_reference
            second.append(row)
    others = seen.add(second)
    renamed = {row.number for row in second} - set(others)
    for number, (first, is_same) in {**again, **others}.items():
        if is_same:
            valid[number].is_twin = True
        elif number not in renamed:
            reason = _("Row %(number)d has the same reference.") % {"number": first}
            remedy = _("Remove one of them, or give each its own.")
            valid[number].problems = (Problem("reference", reason, remedy, _("It's in the file twice.")),)


def _expect(run: ImportRun, states: set[ImportState]) -> None:
    run.refresh_from_db()
    if run.state not in states:
        if run.state == ImportState.NEEDS_LABELS:
            raise Refused(_("Decide about each label first. Then check the file again."))
        raise Refused(
            _("Import %(number)d can't be continued: %(state)s.") % {"number": run.pk, "state": run.get_state_display()}
        )


def _expect_file(run: ImportRun, file: IO[bytes]) -> None:
    if digest_of(file)[0] != run.file_sha256:
        raise Refused(_("This isn't the file of import %(number)d: its content differs.") % {"number": run.pk})


def _set(run: ImportRun, state: ImportState, **values: Any) -> ImportRun:
    ImportRun.objects.filter(pk=run.pk).update(state=state, **values)
    for name, value in values.items():
        setattr(run, name, value)
    run.refresh_from_db(fields=["state"])
    return run


def stop(run: ImportRun, reason: str, **values: Any) -> ImportRun:
    """End a run that can't go on, for this reason. What it has written stays, and can be undone."""
    run.batches.all().delete()
    return _set(run, ImportState.STOPPED, reason=reason, ended_at=timezone.now(), **values)


# Undo


def undo(run: ImportRun, *, by: User | None = None, dry_run: bool = False) -> ImportRun:
    """Undo a run, or what an interrupted one has done: created rows go, and changed rows are as they were.

    The run says that `by` undid it. What somebody must do, and nobody is given, is done by who imported it.

    Raises NotUndone, and undoes nothing, if something else used or changed one of the rows since. Raises Refused if
    the run wasn't applied, or another run of the feed is being applied.
    """
    _expect(run, {ImportState.APPLIED, ImportState.APPLYING, ImportState.STOPPED})
    before = ImportState(run.state)
    with transaction.atomic():
        _begin(run)
        ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        run.undone_by = by
        target = TARGETS[ImportTarget(run.target)](run)
        if obstacles := list(target.obstacles()):
            raise NotUndone(obstacles)
        if dry_run:
            return _set(run, before)
        target.undo()
        run.batches.all().delete()
        return _set(run, ImportState.UNDONE, undone_by=by, ended_at=timezone.now())
