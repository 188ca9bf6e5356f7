"""What changes is purged from the caches in front of the site: at once, once more, and whatever is killed meanwhile."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from claims.choices import NameKind
from claims.models import Claim, Purge
from claims.outlets import purges
from claims.outlets.gauges import oldest_purge
from claims.record import purging
from factcheck.core.web.caching import SECONDS_FRESH, SITE
from tests.factories import corrected, published, redacted, renamed, withdrawn
from tests.proxy import Proxy, program, proxying
from tests.receiver import Receiver, listening
from tests.server import Site, serving
from tests.test_settings import database_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    with listening() as found:
        settings.CACHE_PURGE_URL = [found.address]
        yield found


def send(**options: Any) -> str:
    said = StringIO()
    call_command("send_purges", once=True, stdout=said, **options)
    return said.getvalue()


def sent(receiver: Receiver) -> list[set[str]]:
    """The tags of each purge that came."""
    return [set(request.headers["surrogate-key"].split()) for request in receiver.received]


def later() -> None:
    """Let the time until the second purge be over."""
    Purge.objects.update(due_at=timezone.now() - timedelta(seconds=1))


# What an act purges


def queued() -> set[str]:
    """The tags that wait, which are then forgotten."""
    tags = {tag for purge in Purge.objects.all() for tag in purge.tags}
    Purge.objects.all().delete()
    return tags


@pytest.mark.usefixtures("receiver")
class TestTheQueue:
    def test_each_act_queues_its_claim_and_all_lists(self) -> None:
        claim = published()
        of_claim = {"record", f"claim-{claim.slug}"}
        assert queued() == of_claim
        claim = corrected(claim)
        assert queued() == of_claim
        claim = redacted(claim)
        assert queued() == {*of_claim, "removed"}
        withdrawn(claim)
        assert queued() == {*of_claim, "removed"}

    def test_a_new_name_queues_the_name_and_not_each_claim(self) -> None:
        claim = published()
        queued()
        claimant = claim.claimant
        assert claimant is not None
        renamed(claimant, name="Another Name")
        assert queued() == {"record", f"claimant-{claimant.slug}"}

    def test_an_act_that_fails_queues_nothing(self) -> None:
        with transaction.atomic():
            published()
            transaction.set_rollback(True)
        assert queued() == set()

    def test_without_a_cache_nothing_is_queued(self, settings: LazySettings) -> None:
        settings.CACHE_PURGE_URL = []
        published()
        assert queued() == set()
        with pytest.raises(CommandError, match="CACHE_PURGE_URL isn't set"):
            send()


# What answers carry


def tags(client: Client, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.headers["Cache-Tag"].split(",") == answer.headers["Surrogate-Key"].split()
    return set(answer.headers["Surrogate-Key"].split())


@pytest.mark.usefixtures("receiver")
class TestTheTags:
    def test_a_claim_s_answers_name_the_claim_and_each_name_in_them(self, client: Client) -> None:
        claim = published()
        content = claim.revisions.get().content
        for path in ("/claims/{}/", "/es/claims/{}/", "/embed/claims/{}/", "/claims/{}.jsonld"):
            found = tags(client, path.format(claim.slug))
            assert found == {SITE, *purging.tags_of(content)}, path
            assert {f"claim-{claim.slug}", f"rating-{content['rating']['slug']}"} < found
            assert "record" not in found
        kinds = {tag.split("-")[0] for tag in purging.tags_of(content)}
        assert kinds == {"claim", *NameKind.values} - {"scale"} - (set() if claim.topics.exists() else {"topic"})

    def test_a_claim_s_page_names_the_claims_beside_it(self, client: Client) -> None:
        claim = published()
        other = published(claimant=claim.claimant)
        assert other.rating is not None
        assert {f"claim-{other.slug}", f"rating-{other.rating.slug}"} < tags(client, f"/claims/{claim.slug}/")

    def test_all_other_answers_are_purged_with_each_act(self, client: Client) -> None:
        claim = published()
        version = f"/claims/{claim.slug}/revisions/1/"
        for path in ["/", "/claims/", "/claims/?q=x", "/claims.csv", "/claims.atom", "/api/v1/claims/", "/sitemap.xml"]:
            assert tags(client, path) == {"record", "site"}, path
        for path in [version, f"{version}card.png", f"/claims/{claim.slug}/cite.bib", f"/api/v1/claims/{claim.slug}/"]:
            assert tags(client, path) == {"record", "site"}, path
        withdrawn(claim)
        assert tags(client, f"/claims/{claim.slug}/") == {"record", "site"}

    def test_an_answer_without_a_body_has_the_same_headers_for_caches(self, client: Client) -> None:
        claim = published()
        for path in [f"/claims/{claim.slug}/", "/claims/", f"/api/v1/claims/{claim.slug}/"]:
            full = client.get(path)
            again = client.get(path, headers={"If-None-Match": full.headers["ETag"]})
            assert again.status_code == 304
            for name in ("Cache-Control", "Surrogate-Key", "Surrogate-Control", "X-Accel-Expires"):
                assert again.headers[name] == full.headers[name], (path, name)


# Sending


class TestTheSender:
    def test_all_that_is_due_is_one_request_that_each_cache_understands(
        self, receiver: Receiver, settings: LazySettings
    ) -> None:
        settings.CACHE_PURGE_HEADER = "Authorization:  Bearer secret"
        one, other = published(), published()
        assert send() == f"Purged {' '.join(sorted([f'claim-{one.slug}', f'claim-{other.slug}', 'record']))}.\n"
        (request,) = receiver.received
        assert request.method == "POST"
        assert set(request.headers["surrogate-key"].split()) == set(orjson.loads(request.body)["tags"])
        assert request.headers["authorization"] == "Bearer secret"

    def test_each_purge_is_repeated_once_for_pages_that_were_made_before_the_act(self, receiver: Receiver) -> None:
        published()
        assert send()
        assert send() == ""
        wait = Purge.objects.get().due_at - timezone.now()
        # Two looks of half a second each at the queue, and what browsers keep, fit into 5 seconds for the first purge.
        assert wait <= purges.REPEATED_AFTER <= timedelta(seconds=SECONDS_FRESH)
        later()
        assert send()
        assert not Purge.objects.exists()
        assert sent(receiver)[0] == sent(receiver)[1]

    @pytest.mark.parametrize("failing", [0, 1])
    def test_every_cache_is_purged_although_one_fails_and_all_again(
        self, receiver: Receiver, settings: LazySettings, caplog: pytest.LogCaptureFixture, failing: int
    ) -> None:
        with listening() as farther:
            settings.CACHE_PURGE_URL = [receiver.address, farther.address]
            published()
            away = [receiver, farther][failing]
            away.statuses[:] = [500, 302]
            for _ in range(2):
                with pytest.raises(CommandError, match="They still wait"):
                    send()
            assert send().startswith("Purged claim-")
            assert len(receiver.received) == len(farther.received) == 3
        assert f"{away.address} answered 500." in caplog.text

    def test_a_cache_that_is_down_loses_nothing_and_fills_no_log(
        self, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        published()
        sender = purges.Sender(lambda _line: None)
        receiver.statuses[:] = [503] * 3
        with caplog.at_level(logging.ERROR):
            while receiver.statuses:
                sender._waits_until = 0
                assert sender.work() is False
        assert len([record for record in caplog.records if "doesn't take a purge" in record.message]) == 1
        assert oldest_purge() > 0
        sender._waits_until = 0
        sender.work()
        assert sender.failures == 0
        later()
        assert send()
        assert oldest_purge() == 0

    def test_many_changes_purge_the_whole_site(self, receiver: Receiver) -> None:
        for number in range(purges.MOST_TAGS + 1):
            Purge.objects.create(tags=[f"claim-{number}", "removed"])
        send()
        assert sent(receiver) == [{"site", "removed"}]

    def test_everything_can_be_purged_after_an_upgrade(self, receiver: Receiver) -> None:
        send(everything=True)
        assert sent(receiver) == [{"site", "record"}]
        assert "1 purges wait" in send(dry_run=True)


@contextmanager
def sender(address: str) -> Iterator["subprocess.Popen[str]"]:
    """`send_purges` in a process of its own; killed at the end."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "on", "CACHE_PURGE_URL": address}
    command = [sys.executable, "manage.py", "send_purges"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("committed")
class TestKilled:
    def test_a_sender_that_is_killed_while_it_sends_loses_nothing(self, receiver: Receiver) -> None:
        claim = published()
        receiver.open.clear()
        with sender(receiver.address) as first:
            receiver.wait()
            # While it waits for the cache, publishing doesn't wait for it.
            other = published()
            first.kill()
            first.wait()
        receiver.open.set()
        with sender(receiver.address):
            receiver.wait()
        assert {f"claim-{claim.slug}", f"claim-{other.slug}"} <= sent(receiver)[1]

    def test_two_senders_share_the_work(self, receiver: Receiver) -> None:
        with sender(receiver.address), sender(receiver.address):
            claim = published()
            receiver.wait(2)
        assert sent(receiver)[:2] == [{"record", f"claim-{claim.slug}"}] * 2


# Through a real cache


@pytest.fixture
def site(committed: None, tmp_path: Path) -> Iterator[Site]:
    program()  # where there is none, no site is needed
    options = ["--config", "deploy/gunicorn.conf.py", "--workers=1"]
    urls = {"DATABASE_URL": database_url(), "CACHE_PURGE_URL": "http://127.0.0.1:1/"}
    with serving(tmp_path, *options, TRUSTED_PROXY="on", **urls) as made:
        yield made


@pytest.fixture
def proxy(site: Site, tmp_path: Path, settings: LazySettings) -> Iterator[Proxy]:
    address = f"127.0.0.1:{site.client.base_url.port}"
    with proxying(tmp_path / "nginx", readers=address, desk=address) as made:
        settings.CACHE_PURGE_URL = [made.purge_url]
        yield made


def doors(claim: Claim) -> list[str]:
    """Addresses at which readers and programs find the claim or its list."""
    own = ["/claims/{}/", "/es/claims/{}/", "/embed/claims/{}/", "/claims/{}.jsonld", "/claims/{}/cite.bib"]
    own += ["/claims/{}/revisions/1/", "/claims/{}/card.png", "/api/v1/claims/{}/", "/claims/{}/?utm_source=x"]
    lists = ["/", "/claims/", "/es/claims/?page=1", "/claims.csv", "/claims.atom", "/api/v1/claims/", "/sitemap.xml"]
    lists += ["/feeds/claimreview.json", "/claims/?language=en", "/statistics/"]
    return [path.format(claim.slug) for path in own] + lists


def test_a_change_and_a_withdrawal_reach_each_door_through_the_cache(proxy: Proxy, site: Site) -> None:
    claim = published(summary="It cost five million.")
    send()

    def read(path: str) -> httpx.Response:
        return proxy.client.get(path, headers={"Accept-Encoding": "identity"})

    # The parts are numbered by the keys of the claims.
    (part,) = re.findall(r"/sitemap-claims-[0-9]+\.xml", read("/sitemap.xml").text)
    every = [*doors(claim), part]
    before = {}
    for path in every:
        before[path] = read(path).content
        assert read(path).headers["X-Cache"] == "HIT", path
    claim = corrected(claim, summary="It cost six million.")
    # Negative control: without the purge, the cache still has the old pages.
    assert read(f"/claims/{claim.slug}/").content == before[f"/claims/{claim.slug}/"]
    send()
    for path in every:
        assert read(path).content == site.client.get(path).content, path
    assert "six million" in read(f"/claims/{claim.slug}/").text
    withdrawn(claim)
    send()
    for path in every:
        through, direct = read(path), site.client.get(path)
        assert (through.status_code, through.content) == (direct.status_code, direct.content), path
        assert claim.statement not in through.text, path
    assert read(f"/claims/{claim.slug}/").status_code == 410
