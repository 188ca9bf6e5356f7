"""Webhook subscribers and their messages at the desk: chief editors manage them, and nobody else sees them."""

import ipaddress
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Delivery, Subscriber
from claims.outlets import webhooks as sending
from tests.desk import ROLES, errors_of, filled_in, signed_in
from tests.factories import SubscriberFactory, corrected, published, withdrawn

pytestmark = pytest.mark.django_db

SUBSCRIBERS, DELIVERIES = "/admin/claims/subscriber/", "/admin/claims/delivery/"
NEW = {
    "name": "Example Desk",
    "address": "http://127.0.0.1:8080/hook",
    "events": ["claim.published", "claim.withdrawn"],
    "is_active": "on",
}


@pytest.fixture(autouse=True)
def _loopback(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]


def page(row: Any) -> str:
    return f"{DELIVERIES if isinstance(row, Delivery) else SUBSCRIBERS}{row.pk}/change/"


def chosen(client: Client, address: str, action: str, *rows: Any, **more: Any) -> Any:
    """Select rows in a list and run an action on them."""
    sent = {"action": action, "_selected_action": [row.pk for row in rows]} | more
    return client.post(address, sent, follow=True)


# Subscribers


def test_a_chief_editor_adds_a_subscriber_and_finds_its_secret() -> None:
    chief = signed_in("Chief editor")
    response = chief.post(f"{SUBSCRIBERS}add/", NEW, follow=True)
    subscriber = Subscriber.objects.get()
    assert response.redirect_chain == [(page(subscriber), 302)]
    assert subscriber.secret in response.content.decode()
    assert (subscriber.address, subscriber.events) == (NEW["address"], NEW["events"])
    assert subscriber.is_active


def test_all_events_are_offered_and_chosen_and_no_other_is_taken() -> None:
    chief = signed_in("Chief editor")
    html = chief.get(f"{SUBSCRIBERS}add/").content.decode()
    assert html.count('name="events"') == html.count('name="events" value="claim.') == 5
    assert html.count("checked") == 6
    for events in ([], ["webhook.test"], ["claim.published", "x"]):
        assert errors_of(chief.post(f"{SUBSCRIBERS}add/", NEW | {"events": events}))
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1/", "https://[::1]/", "http://169.254.169.254/latest/", "http://8.8.8.8:22/", "http://localhost/"],
)
def test_an_address_that_cannot_be_sent_to_is_refused_with_what_to_do(address: str, settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = []
    response = signed_in("Chief editor").post(f"{SUBSCRIBERS}add/", NEW | {"address": address})
    assert response.status_code == 200
    assert "Enter one that the public internet can reach" in errors_of(response)
    assert response.context["adminform"].form["name"].value() == "Example Desk"
    assert response.context["adminform"].form["address"].value() == address
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "x", "javascript:alert(1)", "https://a:b@example.org/", "http://\0/", "h" * 5000]
)
def test_an_invalid_address_is_refused_with_a_sentence(address: str) -> None:
    response = signed_in("Chief editor").post(f"{SUBSCRIBERS}add/", NEW | {"address": address})
    assert response.status_code == 200
    assert "address" in response.context["adminform"].form.errors


def test_a_subscriber_that_no_longer_passes_can_still_be_switched_off(settings: LazySettings) -> None:
    settings.OUTGOING_ALLOW = []
    subscriber = SubscriberFactory.create(address="http://127.0.0.1:8080/hook")
    chief = signed_in("Chief editor")
    kept = filled_in(chief, page(subscriber))
    del kept["is_active"]
    chief.post(page(subscriber), kept)
    assert not Subscriber.objects.get().is_active


def test_saving_keeps_what_the_sender_writes_at_the_same_time() -> None:
    subscriber = SubscriberFactory.create(address=NEW["address"])
    chief = signed_in("Chief editor")
    kept = filled_in(chief, page(subscriber))
    Subscriber.objects.update(failures=3)
    with CaptureQueriesContext(connection) as queries:
        chief.post(page(subscriber), kept | {"name": "Another name"})
    (update,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "claims_subscriber"')]
    assert update.partition(" WHERE ")[0] == """UPDATE "claims_subscriber" SET "name" = 'Another name'"""
    assert Subscriber.objects.get().failures == 3


def test_a_test_message_is_put_into_the_outbox_of_active_subscribers() -> None:
    active, inactive = SubscriberFactory.create(), SubscriberFactory.create(is_active=False)
    response = chosen(signed_in("Chief editor"), SUBSCRIBERS, "send_test", active, inactive)
    assert "1 test message is waiting to be sent" in response.content.decode()
    delivery = Delivery.objects.get()
    assert (delivery.event, delivery.subscriber, delivery.state) == ("webhook.test", active, "waiting")


def test_a_new_secret_is_made_and_the_history_says_so_without_it() -> None:
    subscriber = SubscriberFactory.create(name="Example Desk")
    chief = signed_in("Chief editor")
    html = chosen(chief, SUBSCRIBERS, "renew_secret", subscriber).content.decode()
    new = Subscriber.objects.get()
    assert new.secret != subscriber.secret == new.old_secret
    assert "Example Desk has a new secret" in html
    history = chief.get(f"{SUBSCRIBERS}{subscriber.pk}/history/").content.decode()
    assert "Gave a new secret." in history
    for secret in (new.secret, new.old_secret):
        assert secret not in html + history + str(LogEntry.objects.values_list("change_message", "object_repr"))
        assert (secret in chief.get(page(subscriber)).content.decode()) == (secret == new.secret)


@pytest.mark.parametrize("role", ["Reporter", "Editor", "Assessor"])
def test_other_roles_see_neither_subscribers_nor_messages(role: str) -> None:
    subscriber = SubscriberFactory.create()
    published()
    delivery, client = Delivery.objects.get(), signed_in(role)
    for address in [SUBSCRIBERS, f"{SUBSCRIBERS}add/", page(subscriber), DELIVERIES, page(delivery)]:
        for response in (client.get(address), client.post(address, NEW)):
            assert response.status_code == 403
            assert subscriber.secret not in response.content.decode()
    chosen(client, SUBSCRIBERS, "renew_secret", subscriber)
    chosen(client, DELIVERIES, "send_again", delivery)
    assert Subscriber.objects.get().secret == subscriber.secret
    assert "ubscriber" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_no_other_page_shows_the_secret(role: str) -> None:
    subscriber = SubscriberFactory.create()
    published()
    client = signed_in(role)
    for address in ["/admin/", SUBSCRIBERS, DELIVERIES, page(Delivery.objects.get()), "/admin/claims/revision/"]:
        assert subscriber.secret not in client.get(address).content.decode()


# Messages


def test_the_list_shows_the_result_of_each_message() -> None:
    SubscriberFactory.create(name="Example Desk")
    published(slug="bridges")
    Delivery.objects.update(attempts=2, last_status=500, last_error="It answered 500.")
    html = signed_in("Chief editor").get(DELIVERIES).content.decode()
    for text in ["bridges, version 1", "Example Desk", "Published", "Waiting", "It answered 500."]:
        assert text in html


def test_the_list_shows_what_is_being_sent_and_what_a_stopped_sender_left() -> None:
    SubscriberFactory.create()
    published()
    assert sending.take() is not None
    chief = signed_in("Chief editor")
    assert "It is being sent." in chief.get(DELIVERIES).content.decode()
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    html = chief.get(DELIVERIES).content.decode()
    assert "The sender was stopped before it got an answer. It sends the message again." in html


def test_list_and_page_say_how_often_a_message_may_have_arrived() -> None:
    SubscriberFactory.create()
    published()
    delivery = Delivery.objects.get()
    chief = signed_in("Chief editor")
    for arrivals in (0, 1, 2):
        Delivery.objects.update(possible_arrivals=arrivals)
        assert ("May have arrived 2 times." in chief.get(DELIVERIES).content.decode()) == (arrivals == 2)
    assert "Times it may have arrived" in chief.get(page(delivery)).content.decode()


def test_the_desk_shows_a_message_that_cannot_be_made_and_an_invalid_address() -> None:
    SubscriberFactory.create()
    published()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE claims_revision DISABLE TRIGGER USER")
        cursor.execute("UPDATE claims_revision SET body = 'x'")
        cursor.execute("ALTER TABLE claims_subscriber DROP CONSTRAINT subscriber_address_has_a_host")
        cursor.execute("UPDATE claims_subscriber SET address = 'http://[::1'")
    chief = signed_in("Chief editor")
    html = chief.get(page(Delivery.objects.get())).content.decode()
    assert "The message can&#x27;t be made from this version." in html
    for address in (SUBSCRIBERS, page(Subscriber.objects.get()), DELIVERIES):
        assert chief.get(address).status_code == 200


def test_a_message_can_be_read_as_it_is_sent() -> None:
    SubscriberFactory.create()
    published(statement="Rents <b>rose</b>.")
    html = signed_in("Chief editor").get(page(Delivery.objects.get())).content.decode()
    assert "&quot;statement&quot;:&quot;Rents &lt;b&gt;rose&lt;/b&gt;.&quot;" in html


def test_messages_are_filtered_by_subscriber_state_and_event() -> None:
    one, other = SubscriberFactory.create_batch(2)
    withdrawn(published())
    chief = signed_in("Chief editor")

    def listed(query: str) -> int:
        return int(chief.get(f"{DELIVERIES}?{query}").context["cl"].result_count)

    assert listed("") == 4
    assert listed(f"subscriber__id__exact={one.pk}") == listed(f"subscriber__id__exact={other.pk}") == 2
    assert listed("event__exact=claim.withdrawn") == 2
    assert (listed("state__exact=waiting"), listed("state__exact=given-up")) == (4, 0)
    assert f"?subscriber__id__exact={one.pk}" in chief.get(page(one)).content.decode()


def test_chosen_messages_are_sent_again() -> None:
    SubscriberFactory.create()
    corrected(published())
    Delivery.objects.update(state="given-up", attempts=10)
    first, _second = Delivery.objects.order_by("pk")
    response = chosen(signed_in("Chief editor"), DELIVERIES, "send_again", first)
    assert "1 message is waiting to be sent again." in response.content.decode()
    assert list(Delivery.objects.order_by("pk").values_list("state", "attempts")) == [("waiting", 0), ("given-up", 10)]


def test_all_messages_of_one_subscriber_are_sent_again_at_once() -> None:
    one, _other = SubscriberFactory.create_batch(2)
    for _ in range(3):
        published()
    Delivery.objects.update(state="given-up", attempts=10)
    some = Delivery.objects.filter(subscriber=one)[:1]
    address = f"{DELIVERIES}?subscriber__id__exact={one.pk}&created_at__gte=2026-01-01+00:00:00%2B00:00"
    chosen(signed_in("Chief editor"), address, "send_again", *some, select_across="1")
    assert set(Delivery.objects.filter(state="waiting").values_list("subscriber", flat=True)) == {one.pk}
    assert Delivery.objects.filter(state="waiting").count() == 3


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_adds_changes_or_deletes_a_message_or_deletes_a_subscriber(superuser: bool) -> None:
    subscriber = SubscriberFactory.create()
    published()
    delivery, client = Delivery.objects.get(), signed_in("Chief editor", is_superuser=superuser)
    for address in [
        *(f"{DELIVERIES}add/", page(delivery), f"{DELIVERIES}{delivery.pk}/delete/"),
        f"{SUBSCRIBERS}{subscriber.pk}/delete/",
    ]:
        assert client.post(address, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "q=x", "state__exact=%00", "state__exact=x", "event__exact=x", "subscriber__id__exact=x"),
        *("subscriber__id__exact=%00", "subscriber__id__exact=" + "9" * 30, "subscriber__secret__startswith=whsec_"),
        *("created_at__gte=x", "created_at__gte=%00", "p=-1", "o=9.9", "e=1"),
    ],
)
def test_no_query_string_breaks_the_list_of_messages(query: str) -> None:
    SubscriberFactory.create()
    published()
    chief = signed_in("Chief editor")
    for address in (DELIVERIES, SUBSCRIBERS):
        assert chief.get(f"{address}?{query}", follow=True).status_code in {200, 400}


@pytest.mark.parametrize("address", [SUBSCRIBERS, DELIVERIES])
def test_the_lists_need_the_same_number_of_queries_at_any_length(address: str) -> None:
    chief = signed_in("Chief editor")

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert chief.get(address).status_code == 200
        return len(queries)

    SubscriberFactory.create()
    published()
    few = count_queries()
    SubscriberFactory.create_batch(5)
    for _ in range(3):
        published()
    assert count_queries() == few
