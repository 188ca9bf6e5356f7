"""The imports that wait for `manage.py run_imports`: files to check or to apply, claims to act on, what a crash left.

The rows of the runs are the queue. A run says every few seconds that somebody works on it, so one that says nothing for
a minute was left by a process that died, and is taken again.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import ImportState
from claims.desk.imports import claims_of_run, runs
from claims.models import ImportRun
from factcheck.core.database import is_away

LEFT_AFTER = timedelta(minutes=1)
_WORK = [ImportState.TO_CHECK, ImportState.WAITING, ImportState.APPLYING]

_log = logging.getLogger(__name__)


def add(run: ImportRun) -> None:
    """Ask for the next step of a run whose file was uploaded: its check, or once it's checked, its import.

    Raises Refused if the run has neither before it.
    """
    steps = {
        ImportState.UPLOADED: ImportState.TO_CHECK,
        ImportState.NEEDS_LABELS: ImportState.TO_CHECK,
        ImportState.CHECKED: ImportState.WAITING,
    }
    before = ImportState(run.state)
    asked = before in steps and ImportRun.objects.filter(pk=run.pk, state=before).exclude(file="").update(
        state=steps[before], active_at=None
    )
    if not asked:
        raise runs.Refused(_("This import has no next step, or somebody else has asked for it."))
    run.refresh_from_db()


def waiting() -> list[ImportRun]:
    """The runs that wait, the oldest first."""
    left = Q(active_at=None) | Q(active_at__lt=timezone.now() - LEFT_AFTER)
    has_file = Q(state__in=_WORK) & ~Q(file="")
    return list(ImportRun.objects.filter(left, has_file | ~Q(task="")).order_by("pk"))


def work(report: Callable[[str], None]) -> bool:
    """Do the next step of the run that has waited longest. Returns False if none waits."""
    run = _take()
    if run is None:
        return False
    stop = claims_of_run.stop if run.task else runs.stop
    try:
        if run.task:
            claims_of_run.go_on(run)
            done = run
        elif run.state == ImportState.TO_CHECK:
            with open(run.file.path, "rb") as file:
                done = runs.check(run, file)
        else:
            done = runs.apply(run)
    except runs.Overtaken:
        report(f"Import {run.pk} is done by another process.")
    except runs.FeedIsBusy:
        report(f"Import {run.pk} waits for another one of its feed.")  # and is taken again in a minute
    except (runs.Refused, OSError) as error:
        stop(run, str(error))
        report(f"Import {run.pk} is stopped: {error}")
    except Exception as error:
        if is_away(error):
            raise
        # The others must not wait for it.
        _log.exception("Import %d failed.", run.pk)
        stop(run, _("This is a bug in Factcheck. Please report it."))
    else:
        report(f"Import {done.pk}, {done.file_name}: {done.get_state_display()}.")
    return True


def _take() -> ImportRun | None:
    """The next run that waits, marked as taken."""
    with transaction.atomic():
        keys = [run.pk for run in waiting()]
        run = (
            ImportRun.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(pk__in=keys)
            .order_by("pk")
            .first()
        )
        if run is None or run.pk not in {one.pk for one in waiting()}:
            return None
        ImportRun.objects.filter(pk=run.pk).update(active_at=timezone.now())
    return run
