"""`check --deploy` finds a server that may lose what it acknowledged."""

from tests.devdb.conftest import Machine


def test_a_server_that_does_not_write_to_disk_is_found(machine: Machine) -> None:
    machine.variables |= {"DJANGO_SETTINGS_MODULE": "factcheck.settings", "DEBUG": "on", "PYTHONWARNINGS": ""}
    with (machine.places.cluster / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("fsync = off\nfull_page_writes = off\n")
    answer = machine.manage("check", "--deploy")
    assert answer.returncode != 0
    for name in ("fsync", "full_page_writes"):
        assert f"{name} is off, so a crash of the server can lose or damage what was published." in answer.stderr
