"""The drills that operators run do what the documentation says, on this machine."""

import subprocess
import sys

from django.conf import settings

from deploy.drills.failover import fail_over


def test_a_failover_to_a_synchronous_standby_loses_no_acknowledged_write() -> None:
    found = fail_over(synchronous=True, standby_was_away=False)
    assert found.acknowledged > 0
    assert found.lost == 0


def test_a_lost_server_is_restored_to_a_chosen_second_and_not_without_the_archive() -> None:
    command = [sys.executable, "-m", "deploy.drills.restore_to_a_time"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 others" in done.stdout
    assert "control: without the archive it can't be restored" in done.stdout
