"""Numbers for Prometheus: for those with the token, from all processes, and with few labels whatever strangers ask."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as of_the_site
from django.test import Client

from claims.outlets import gauges
from factcheck.core.web import metrics
from tests.relay import relay
from tests.server import serving

MIDDLEWARE = "factcheck.core.web.metrics.MetricsMiddleware"
TOKEN = {"Authorization": "Bearer a token"}


@pytest.fixture
def client(settings: LazySettings) -> Client:
    pytest.importorskip("prometheus_client")
    settings.METRICS_TOKEN = "a token"
    settings.MIDDLEWARE = [MIDDLEWARE, *settings.MIDDLEWARE]
    return Client()


def numbers(client: Client) -> str:
    response = client.get(metrics.METRICS, headers=TOKEN)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return response.content.decode()


def test_without_the_setting_there_are_none() -> None:
    assert MIDDLEWARE not in of_the_site.MIDDLEWARE
    assert Client().get(metrics.METRICS, headers=TOKEN).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer \xe9"}])
def test_without_the_token_there_are_none(client: Client, sent: dict[str, str]) -> None:
    assert client.get(metrics.METRICS, headers=sent).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_door_and_status_and_not_by_path(client: Client) -> None:
    for path in ["/claims/", "/claims/", "/nowhere/1/", "/nowhere/2/", "/api/v1/claims/", "/admin/login/", "/-/live"]:
        client.get(path)
    client.generic("BREW", "/claims/")
    text = numbers(client)
    assert 'factcheck_requests_total{door="readers",method="GET",status="200"} 2.0' in text
    assert 'factcheck_requests_total{door="readers",method="GET",status="404"} 2.0' in text
    assert 'factcheck_requests_total{door="readers",method="other",status="405"} 1.0' in text
    assert 'factcheck_request_seconds_count{door="desk"} 1.0' in text
    assert "nowhere" not in text


@pytest.mark.django_db
def test_what_an_operator_watches_is_measured_when_it_is_read(client: Client) -> None:
    text = numbers(client)
    assert "factcheck_published_claims 0.0" in text
    assert "factcheck_webhooks_oldest_seconds 0.0" in text
    assert "\nfactcheck_archive_age_seconds" not in text
    assert len(metrics.gauges) == 6
    assert gauges.waiting_messages() == 0


@pytest.mark.django_db
def test_a_gauge_that_fails_leaves_the_others(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> float:
        raise OSError("no disk")

    monkeypatch.setattr(metrics, "gauges", [("broken", "", fails), *metrics.gauges])
    text = numbers(client)
    assert "\nbroken" not in text
    assert "factcheck_published_claims" in text


def test_a_site_without_the_library_says_what_to_install() -> None:
    script = "import sys; sys.modules['prometheus_client'] = None; import factcheck.wsgi"
    environment = {"DEBUG": "on", "METRICS_TOKEN": "x", "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=of_the_site.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert "requirements-extra.txt" in done.stderr.splitlines()[-1]


@pytest.mark.usefixtures("committed")
def test_the_processes_of_a_server_are_counted_together(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    configuration = ["--config", "deploy/gunicorn.conf.py", "--workers=2", "--threads=1"]
    with (
        relay() as database,
        serving(tmp_path, *configuration, DATABASE_URL=database.url, METRICS_TOKEN="a token") as site,
    ):
        for _ in range(20):
            # Each on its own connection, so that both processes get some.
            site.client.get("/claims/", headers={"Connection": "close"})
        text = site.client.get(metrics.METRICS, headers=TOKEN).text
        assert 'factcheck_requests_total{door="readers",method="GET",status="200"} 20.0' in text
