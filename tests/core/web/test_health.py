"""The addresses for load balancers and monitors: they answer at any host and aren't counted."""

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/-/live", "/-/ready"])
def test_a_healthy_process_says_so_at_any_host_and_without_https(path: str, settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get(path, headers={"host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response.json() == {path.removeprefix("/-/"): True}
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_a_live_process_needs_no_database(django_assert_num_queries: "object") -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert Client().get("/-/live").status_code == 200


def test_readiness_is_one_query_and_is_not_counted(django_assert_num_queries: "object") -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        Client().get("/-/ready")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_request_count")
        assert cursor.fetchone() == (0,)


def test_a_database_without_the_last_migration_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")
    response = Client().get("/-/ready")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": "not migrated"}
