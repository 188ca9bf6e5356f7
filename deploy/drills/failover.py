"""The primary dies under load and its standby takes over. No acknowledged write may be lost, and writing goes on.

    .venv/bin/python -m deploy.drills.failover

Four processes write as the site does, with both servers in one DATABASE_URL. Then the primary is killed with SIGKILL
and the standby is promoted, which is what Patroni or an operator does. It runs three times: with a synchronous
standby; with one that was away in the second before, so that no write could be acknowledged; and, as the control, the
same with an asynchronous standby, which must lose writes: otherwise the drill would prove nothing. All servers are
real, on sockets of their own in a temporary folder. Exits with 1 if anything else happens.
"""

import sys
import time
from dataclasses import dataclass

from deploy.drills.servers import servers
from deploy.drills.writer import manage, writing

MOST_SECONDS = 5.0
_ROWS = 100
# Where the standby is away: how long the writers go on meanwhile.
_SECONDS_AWAY = 1.0


@dataclass(frozen=True)
class Outcome:
    """The number of acknowledged writes, how many of them were lost, and how long nobody could write."""

    acknowledged: int
    lost: int
    seconds: float


def fail_over(*, synchronous: bool, standby_was_away: bool) -> Outcome:
    """Lose the primary once."""
    with servers() as fleet:
        primary = fleet.primary()
        manage("migrate", "--verbosity=0", url=primary.url())
        # Its own setting must be empty: as the new primary it would wait for a standby that there isn't.
        standby = fleet.standby(primary, "standby", "synchronous_standby_names = ''")
        if synchronous:
            primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            primary.query("SELECT pg_reload_conf()")
        with writing(primary.url(others=[standby])) as writers:
            writers.wait_for(_ROWS)
            if standby_was_away:
                standby.stop()
                time.sleep(_SECONDS_AWAY)
            primary.kill()
            killed = time.monotonic()
            if standby_was_away:
                standby.start()
            standby.promote()
            writers.wait_for(_ROWS)
        seconds = min(at for at, _ in writers.acknowledged if at > killed) - killed
        kept = {slug for (slug,) in standby.query("SELECT slug FROM sources_publisher")}
        lost = sum(slug not in kept for _, slug in writers.acknowledged)
        return Outcome(len(writers.acknowledged), lost, seconds)


def main() -> None:
    """Run the drill and its control, and report."""
    failed = False
    for name, synchronous, away in (
        ("a synchronous standby", True, False),
        ("a synchronous standby that was away", True, True),
        ("control: an asynchronous standby that was away", False, True),
    ):
        found = fail_over(synchronous=synchronous, standby_was_away=away)
        is_right = (found.lost == 0) == synchronous and found.seconds <= MOST_SECONDS
        failed = failed or not is_right
        print(
            f"{'as it must be' if is_right else 'WRONG':<14} {name}: {found.lost} of {found.acknowledged} acknowledged "
            f"writes lost, writing again after {found.seconds:.1f} s",
            flush=True,
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
