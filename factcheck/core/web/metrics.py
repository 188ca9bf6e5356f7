"""Metrics for Prometheus at `/-/metrics`, for those who send METRICS_TOKEN. Without the setting there are none.

The numbers of requests and their seconds come from all processes of this server together, if `PROMETHEUS_MULTIPROC_DIR`
names a folder for them, as `deploy/gunicorn.conf.py` does. Gauges are measured when they are read.
"""

import hmac
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.http import HttpRequest, HttpResponse

from factcheck.core.postgres.base import time_limit
from factcheck.core.web.outages import DESK_PATHS

METRICS = "/-/metrics"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
_log = logging.getLogger(__name__)

# Name, help and function of each gauge. Apps add theirs when they are ready.
Gauge = tuple[str, str, Callable[[], float | None]]
gauges: list[Gauge] = []


class MetricsMiddleware:
    """Counts and times requests by door, and serves the numbers. Only installed if METRICS_TOKEN is set.

    Raises ImproperlyConfigured if prometheus-client isn't installed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.client = _library("prometheus_client")
        self.registry = self.client.CollectorRegistry()
        self.requests = self.client.Counter(
            "factcheck_requests",
            "Requests by door, method and status.",
            ["door", "method", "status"],
            registry=self.registry,
        )
        self.seconds = self.client.Histogram(
            "factcheck_request_seconds",
            "Seconds until the response begins, by door.",
            ["door"],
            registry=self.registry,
            buckets=_SECONDS,
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == METRICS:
            return self.numbers(request)
        began = time.perf_counter()
        response = self.get_response(request)
        door = _door(request.path_info)
        method = request.method if request.method in _METHODS else "other"
        self.requests.labels(door, method, str(response.status_code)).inc()
        self.seconds.labels(door).observe(time.perf_counter() - began)
        return response

    def numbers(self, request: HttpRequest) -> HttpResponse:
        """All metrics in Prometheus' text format. Without the token the page doesn't exist."""
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode()):
            return HttpResponse("Not found.\n", status=404, content_type="text/plain", headers=_NOT_STORED)
        registry = self.client.CollectorRegistry()
        try:
            _library("prometheus_client.multiprocess").MultiProcessCollector(registry)
        except ValueError:  # there is no folder for all processes
            registry = self.registry
        text = self.client.generate_latest(registry) + self.client.generate_latest(_Measured())
        return HttpResponse(text, content_type=self.client.CONTENT_TYPE_LATEST, headers=_NOT_STORED)


_NOT_STORED = {"Cache-Control": "no-store"}


class _Measured:
    """The gauges, measured now. One that can't be measured is left out, so that an alarm for its absence works."""

    def collect(self) -> Iterator[Any]:
        families = _library("prometheus_client.core")
        for name, text, value in _measure(gauges):
            yield families.GaugeMetricFamily(name, text, value=value)


def _measure(wanted: Iterable[Gauge]) -> Iterator[tuple[str, str, float]]:
    with time_limit(settings.READER_SECONDS):
        for name, text, measure in wanted:
            try:
                value = measure()
            except (Error, OSError) as error:
                _log.warning("The metric %s can't be measured: %s", name, error)
                continue
            if value is not None:
                yield name, text, value


def _door(path: str) -> str:
    """The part of the site that a request was for: few values, whatever strangers ask for."""
    if path.startswith(DESK_PATHS):
        return "desk"
    if path.startswith(settings.STATIC_URL):
        return "static"
    if path.startswith("/-/"):
        return "health"
    return "api" if path.startswith("/api/") else "readers"


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImproperlyConfigured(
            "METRICS_TOKEN is set and prometheus-client isn't installed. "
            "Run `pip install --require-hashes -r requirements-extra.txt`, or unset METRICS_TOKEN."
        ) from error
