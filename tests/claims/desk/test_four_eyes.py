"""Random people send random forms of the desk; after each of them two people saw every byte that readers get.

Six people and those they invite open pages in browsers of their own and send them back, at once or after others acted.
The machine keeps an account of its own (`ledger.py`): which human being wrote each piece of a claim and of a name, and
who signed it since. It also knows what the desk can't: who really uses an account. A chief editor may use a link that
they made for another; then both accounts are one person.

`make test` tries a few examples. A long run: LONG=50 pytest tests/claims/desk/test_four_eyes.py.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from claims.choices import PUBLIC_STATES, Act, CorrectionKind, NameChangeState, State
from claims.desk.admin.acts import ACTS
from claims.models import Claim, Claimant, NameChange, PublishedClaim, Rating, RatingScale, Revision, Topic
from claims.record.body import without_cards
from factcheck.accounts import people
from factcheck.accounts.models import User
from sources.models import Publisher, Source
from tests.claims import invariants
from tests.claims.desk.admin.browser import Fields, fields_of
from tests.claims.desk.ledger import NOBODY, Hand, Leaf, Leaves, Ledger, leaves_of
from tests.factories import (
    ClaimantFactory,
    ClaimFactory,
    PublisherFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    corrected,
    published,
)
from tests.properties import IS_LONG, examples

PASSWORD = "four small boats at dawn"
PEOPLE = "/admin/accounts/user/"
# A word that is on no page but where somebody typed it.
WORD = re.compile(r"w\d{5}|\b1\d{4}\b")
REASONS = st.sampled_from([*["A figure was wrong."] * 4, "", "  ", "e\u0301\x00 it was so"])
ROLES = {"Ada": "Editor", "Ben": "Editor", "Cleo": "Reporter", "Dan": "Chief editor", "Eve": "Chief editor"}

WORK = [
    *["finish", "act", "rename", "edit"] * 3,
    *["send_what_lies_on_the_table", "manage"] * 4,
    *["use_a_link", "change_what_was_approved"] * 3,
    *["change_under_a_proposal", "confirm_too_late"],
    *["log", "act_on_many", "decide", "invite"],
]

Stamp = Callable[[], object]


@dataclass
class Account:
    """An account, with the human being who was given it and the one who uses it, in their browser."""

    pk: int
    owner: str
    user: str
    client: Client = field(default_factory=Client, repr=False)
    link: str = field(default="", repr=False)
    # Who keeps it from signing, by the machine's own account; nobody when it is confirmed.
    unconfirmed_by: str = ""

    @property
    def hand(self) -> Hand:
        person = User.objects.get(pk=self.pk)
        return Hand(self.user, person.signature, person.initials)


@dataclass
class Form:
    """A page that somebody opened, with what it will send, and what they saw."""

    by: Account
    what: str
    address: str
    sent: Fields
    # The rows that it shows, as they are when this is called, and as they were when it was opened.
    stamp: Stamp
    about: int = 0
    page: str = ""
    opened: object = None
    seen: Leaves = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)


class Desk(RuleBasedStateMachine):
    """Claims that share names, the people of a desk, and the forms that lie open on their tables."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.words = 10_000
        self.ledger = Ledger()
        self.table: list[Form] = []
        self.last: dict[str, Any] = {}
        # Who logged, edited or submitted each claim since it was approved; who approved it; who proposed each name.
        self.wrote: dict[int, set[str]] = defaultdict(set)
        self.approved: dict[int, Hand] = {}
        self.proposed: dict[int, Hand] = {}
        self.public: set[str] = set()
        self.revisions = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open_the_desk(self) -> None:
        self.accounts: list[Account] = []
        for name, role in ROLES.items():
            person = UserFactory.create(role=role, first_name=name)
            self.accounts.append(Account(person.pk, name, name))
            self.accounts[-1].client.force_login(person)
        self.chiefs = self.accounts[3:]
        self.claimants = ClaimantFactory.create_batch(2)
        self.topics = TopicFactory.create_batch(2)
        self.publishers = PublisherFactory.create_batch(3)
        self.sources = [SourceFactory.create(publisher=self.publishers[place]) for place in (0, 0, 1)]
        self.ratings = list(Rating.objects.filter(slug__in=["mostly-false", "true", "unverified"]))
        # Readers see the names of two claims; those of the third they don't see yet.
        self.claims = [
            ClaimFactory.create(
                by=User.objects.get(pk=self.accounts[1 + index % 2].pk),
                claimant=self.claimants[index // 2],
                topics=self.topics[index // 2 :][:1],
                appearances=self.sources[index:][:1],
                evidence=self.sources[index // 2 :][:1],
            ).pk
            for index in range(3)
        ]
        self.wrote[self.claims[2]].add(self.accounts[1].owner)
        corrected(published(Claim.objects.get(pk=self.claims[0])))
        published(Claim.objects.get(pk=self.claims[1]))
        self.revisions = Revision.objects.latest("pk").pk
        self.ledger.take_down(NOBODY)
        # The sixth comes as everybody comes: by an invitation, and is not confirmed yet.
        self.send(self.invitation(self.chiefs[0], "Editor"))
        self.use_link(self.accounts[5], by_owner=True)

    # What the machine has

    def word(self) -> str:
        """A word that the record must not hold until two people saw it."""
        self.words += 1
        return f"w{self.words}"

    def some_claim(self) -> Claim:
        return Claim.objects.get(pk=self.pick("claim", self.claims))

    def pick(self, what: str, choices: list[Any]) -> Any:
        """One of these; every other time the last one again, so that people meet over one thing."""
        if self.last.get(what) not in choices or not self.draw(st.booleans(), label=f"the same {what}"):
            self.last[what] = self.draw(st.sampled_from(choices), label=what)
        return self.last[what]

    def somebody(self) -> Account:
        return self.draw(st.sampled_from(self.accounts), label="by")

    @property
    def names(self) -> list[Any]:
        scale = self.ratings[0].scale
        return [*self.claimants, *self.topics, *self.sources, *self.publishers, *self.ratings, scale]

    # Opening and sending

    def opened(self, form: Form, form_id: str | None = None, **typed: list[str]) -> Form:
        """Open a page, and type. Somebody whom the page refuses sends what they can make up."""
        response = form.by.client.get(form.address)
        assert response.status_code < 500
        form.page = response.content.decode()
        form.sent = {**form.sent, **fields_of(response, form_id), **typed}
        form.opened, form.seen = form.stamp(), dict(self.ledger.values)
        return form

    def hand_in(self, form: Form) -> None:
        """Send a form now, or leave it on the table."""
        if self.draw(st.sampled_from([False, False, True]), label="later"):
            self.table = [*self.table[-4:], form]
        else:
            self.send(form)

    def send(self, form: Form) -> bool:
        """Send a form, and take down what came of it. A refusal has changed nothing."""
        by, before, stamp = form.by.hand, invariants.everything_and_people(), form.stamp()
        proposals = NameChange.objects.count()
        if form.what.startswith("bulk"):
            form.versions = dict(Claim.objects.values_list("pk", "version"))
        response = form.by.client.post(form.address, form.sent)
        assert response.status_code < 500
        if invariants.everything_and_people() == before:
            self.look_again(form, response)
            return False
        assert response.status_code in {200, 302}, "a refusal has changed something"
        assert stamp == form.opened, f"a form that is out of date was taken: {form.what}"
        self.judge(form, by, response)
        if NameChange.objects.count() > proposals:
            self.proposes(NameChange.objects.latest("pk"), form, by)
        self.two_people_saw_what_readers_get()
        self.every_promise_holds()
        self.nobody_is_confirmed_but_by_another()
        return True

    def judge(self, form: Form, by: Hand, response: Any) -> None:
        """What a form did is what it is for, and was for this person to do."""
        changed = self.ledger.take_down(by)
        kind, _, act = form.what.partition(":")
        match kind:
            case "edit":
                pk = form.about or Claim.objects.latest("pk").pk
                assert {leaf[:2] for leaf in changed} <= {("claim", Claim.objects.get(pk=pk).slug)}
                self.wrote[pk].add(by.human)
                self.claims += [] if form.about else [pk]
            case "name":
                assert "claim" not in {leaf[0] for leaf in changed}
            case "decide":
                self.decided(form, changed, by)
            case _:
                assert not changed, f"{form.what} changed a text"
        if kind == "act":
            self.acted(act, form, form.about, by)
        elif kind == "people":
            self.managed(act, form, response)
        for pk, version in form.versions.items():
            if Claim.objects.get(pk=pk).version != version:
                self.acted(act, form, pk, by)

    def proposes(self, change: NameChange, form: Form, by: Hand) -> None:
        """Somebody proposed a change, and saw the publisher that readers would get with it."""
        self.proposed[change.pk] = by
        publisher = ("publisher", change.new_values.get("publisher"))
        leaves = {leaf: value for leaf, value in self.ledger.values.items() if leaf[:2] == publisher}
        seen = {leaf for leaf, value in leaves.items() if all(word in form.page for word in WORD.findall(value))}
        self.ledger.sign(frozenset(seen), by, form.seen)

    def look_again(self, form: Form, response: Any) -> None:
        """Whoever is told that their form is out of date can look at both texts and save again."""
        if form.what not in {"edit", "name"}:
            return
        again = Form(form.by, form.what, form.address, {}, form.stamp, form.about, response.content.decode())
        again.sent, again.opened = fields_of(response, _form_id(form.address)), form.stamp()
        again.seen = dict(self.ledger.values)
        # Or they are shown another name, which readers would get with this one.
        is_shown_more = again.sent.get("seen", [""]) not in ([""], form.sent.get("seen"))
        if is_shown_more and self.draw(st.booleans(), label="at once"):
            self.send(again)
        elif again.sent and (is_shown_more or response.status_code == 409):
            self.table = [*self.table[-4:], again]

    def acted(self, act: str, form: Form, pk: int, by: Hand) -> None:
        """An act was done: whoever signs is confirmed, has seen it, and isn't one who wrote it."""
        claim = Claim.objects.get(pk=pk)
        signs = act in {"submit", "approve", "publish", "republish", "correct", "rerate", "withdraw"}
        signs = signs or act in {"redact", "publish-fix"}
        assert not (signs and form.by.unconfirmed_by), "somebody signed who isn't confirmed"
        if act == "submit":
            self.wrote[pk].add(by.human)
        if act in {"approve", "publish-fix"}:
            assert by.human not in self.wrote[pk], "who wrote has approved"
            assert claim.author_id != form.by.pk
            self.wrote[pk].clear()
            self.approved[pk] = by
        if act in {"submit", "approve", "publish-fix"}:
            self.ledger.sign(self.ledger.shown[pk], by, form.seen)

    def decided(self, form: Form, changed: set[Leaf], by: Hand) -> None:
        """A change of a name came: one person proposed it, another saw its words on the page and signed it."""
        change = NameChange.objects.get(pk=form.about)
        assert not form.by.unconfirmed_by, "somebody decided who isn't confirmed"
        if change.state == NameChangeState.DECLINED:
            assert not changed
            return
        proposer = self.proposed[change.pk]
        assert by.is_other_than(proposer), "one person changed a name"
        ledger, rows = self.ledger, {(change.kind, change.slug)}
        if change.kind == "scale":
            rows = {("rating", rating.slug) for rating in Rating.objects.all()}
        leaves = {leaf for leaf in ledger.values if leaf[:2] in rows}
        assert changed <= leaves
        for leaf in changed:
            ledger.writers[leaf] = proposer
            form.seen[leaf] = ledger.values[leaf]
        # Of a source, its publisher is on the page too.
        nested = {("publisher", ledger.values[leaf]) for leaf in leaves if leaf[2:] == ("publisher",)}
        leaves |= {leaf for leaf in ledger.values if leaf[:2] in nested}
        ledger.sign(
            frozenset(leaf for leaf in leaves if all(word in form.page for word in WORD.findall(ledger.values[leaf]))),
            by,
            form.seen,
        )

    @rule(data=st.data(), does=st.sampled_from(WORK))
    def somebody_does(self, data: st.DataObject, does: str) -> None:
        """One rule for all: of many rules Hypothesis leaves some out of each example."""
        self.draw = data.draw
        getattr(self, does)()

    # The work on claims

    def log(self) -> None:
        if len(self.claims) < 5:
            by, word = self.somebody(), self.word()
            page = "/admin/claims/claim/add/"
            form = self.opened(Form(by, "edit", page, {}, lambda: 0), "claim_form", statement=[f"It cost {word}."])
            source = [str(self.sources[0].pk)]
            row = {"source": source, "stance": ["refutes"], "finding": [word], "origin": ["The budget"]}
            form.sent |= {f"evidence-0-{name}": value for name, value in row.items()}
            form.sent |= {"kind": ["statistic"], "appearances-0-source": source, "appearances-0-exact": [word]}
            form.sent |= {"claimant": [str(self.claimants[1].pk)], "rating": [str(self.ratings[0].pk)]}
            form.sent |= {"summary": [word], "explanation": [f"The budget says **{word}**."]}
            self.hand_in(form)

    def edit(self) -> None:
        self.hand_in(self.edited(self.somebody(), self.some_claim()))

    def edited(self, by: Account, claim: Claim) -> Form:
        word = self.word()
        form = Form(by, "edit", f"/admin/claims/claim/{claim.pk}/change/", {}, self.stored(claim), claim.pk)
        form = self.opened(form, "claim_form")
        choices: dict[str, list[str]] = {
            "statement": [word],
            "summary": [word],
            "evidence-0-finding": [word],
            "appearances-0-exact": [word],
            "evidence-0-source": [str(one.pk) for one in self.sources],
            "appearances-0-source": [str(one.pk) for one in self.sources],
            "claimant": [*(str(one.pk) for one in self.claimants), ""],
            "topics": [str(one.pk) for one in self.topics],
            "rating": [*(str(one.pk) for one in self.ratings), ""],
            "evidence-0-place": ["2"],
            "evidence-0-DELETE": ["on"],
        }
        if "evidence-0-id" not in form.sent:
            choices = {name: values for name, values in choices.items() if not name.startswith("evidence")}
        for name in self.draw(st.lists(st.sampled_from([*choices]), min_size=1, max_size=3, unique=True)):
            form.sent[name] = [self.draw(st.sampled_from(choices[name]), label=name)]
        if self.draw(st.sampled_from([False, False, True]), label="another row"):
            row = int(form.sent.get("evidence-TOTAL_FORMS", ["0"])[0])
            typed = {"source": str(self.sources[2].pk), "stance": "supports", "finding": word, "origin": word}
            form.sent |= {f"evidence-{row}-{name}": [value] for name, value in typed.items()}
            form.sent["evidence-TOTAL_FORMS"] = [str(row + 1)]
        return form

    def stored(self, claim: Claim) -> Stamp:
        """The claim as stored, with its rows."""

        def stamp() -> object:
            row = Claim.objects.get(pk=claim.pk)
            own = {leaf: value for leaf, value in self.ledger.values.items() if leaf[:2] == ("claim", row.slug)}
            return row.version, row.state, own

        return stamp

    def shown(self, claim: Claim) -> Stamp:
        """The claim with every name that it shows."""
        stored, ledger = self.stored(claim), self.ledger
        return lambda: (stored(), {leaf: ledger.values.get(leaf) for leaf in ledger.shown[claim.pk]})

    def act(self) -> None:
        name = self.draw(st.sampled_from([*ACTS, "submit", "approve"]), label="act")
        self.hand_in(self.page_of(self.somebody(), self.some_claim(), name, self.draw(REASONS)))

    def page_of(self, by: Account, claim: Claim, name: str, reason: str) -> Form:
        """The page of an act, filled in; its fields by hand for who is refused the page."""
        stamp = self.shown(claim) if name in {"submit", "approve", "publish-fix"} else self.stored(claim)
        sent = {"version": [str(claim.version)]}
        form = Form(by, f"act:{name}", f"/admin/claims/claim/{claim.pk}/act/{name}/", sent, stamp, claim.pk)
        kind = [str(CorrectionKind.UPDATE)]
        return self.opened(form, reason=[reason], kind=kind, to=[str(self.accounts[2].pk)])

    def act_on_many(self) -> None:
        by, page = self.somebody(), "/admin/claims/claim/"
        does = self.draw(st.sampled_from(["assign", "submit"]), label="act")
        chosen = {"action": f"{does}_selected", "_selected_action": [str(pk) for pk in self.claims], "index": "0"}
        response = by.client.post(page, chosen)
        assert response.status_code < 500
        versions: Fields = {"action": [f"{does}_selected"], "confirmed": ["yes"]}
        versions |= {"_selected_action": [str(pk) for pk in self.claims]}
        versions |= {f"version-{claim.pk}": [str(claim.version)] for claim in Claim.objects.all()}
        sent = fields_of(response) if response.status_code == 200 else versions
        form = Form(by, f"bulk:{does}", page, sent | {"to": [str(self.somebody().pk)]}, lambda: 0, opened=0)
        form.seen = dict(self.ledger.values)
        self.hand_in(form)

    def send_what_lies_on_the_table(self) -> None:
        if self.table:
            self.send(self.table.pop(self.draw(st.integers(0, len(self.table) - 1), label="form")))

    # The ordinary way, through which random walks seldom come

    def change_what_was_approved(self) -> None:
        """Between the approval of a claim and its publication, somebody changes a name in it."""
        claim = self.some_claim()
        self.finish(claim)
        shown = {leaf[:2] for leaf in self.ledger.shown[claim.pk]}
        rows = [row for row in self.names if (row._meta.model_name, row.slug) in shown]
        self.rename(self.draw(st.sampled_from(rows), label="name"))
        self.finish(claim)

    def finish(self, claim: Claim | None = None) -> None:
        claim = claim or self.some_claim()
        first = self.draw(st.integers(0, len(self.accounts) - 1), label="first")
        order = [*self.accounts[first:], *self.accounts[:first]]
        if self.draw(st.booleans(), label="edited"):
            self.send(self.edited(order[0], claim))
        shown = PublishedClaim.objects.filter(claim=claim).first()
        ended = {*PUBLIC_STATES, State.WITHDRAWN, State.DECLINED}
        if self.draw(st.booleans(), label="as far as approved") and claim.state != State.APPROVED:
            ended.add(State.APPROVED)
        while (claim := Claim.objects.get(pk=claim.pk)).state not in ended:
            name = {State.IN_REVIEW: "approve", State.APPROVED: "publish"}.get(State(claim.state), "submit")
            if claim.state == State.APPROVED and claim.revisions.exists():
                name = "republish"
            if shown and claim.state == State.APPROVED:
                name = "rerate" if claim.rating and shown.rating != claim.rating.slug else "correct"
            for by in order if claim.state == State.IN_REVIEW else order[:4]:
                if self.send(self.page_of(by, claim, name, "It is so.")):
                    break
            else:
                return

    # Names

    def delicate(self) -> list[Any]:
        """The names in what was submitted or approved, and those that an open proposal may bring with it."""
        waiting = Claim.objects.filter(state__in=[State.IN_REVIEW, State.APPROVED]).values_list("pk", flat=True)
        shown = {leaf[:2] for pk in waiting for leaf in self.ledger.shown[pk]}
        rows = [row for row in self.names if (row._meta.model_name, row.slug) in shown]
        return rows + (self.publishers if NameChange.objects.proposed().filter(kind="source") else [])

    def change_under_a_proposal(self) -> None:
        """While a new publisher of a source waits for a second person, somebody changes that publisher."""
        publisher = self.draw(st.sampled_from(self.publishers), label="new publisher")
        source = self.draw(st.sampled_from(self.sources), label="source")
        self.rename(source, "publisher", str(publisher.pk), by=self.accounts[0])
        self.rename(publisher)
        self.decide()

    def rename(self, row: Any = None, name: str = "", value: str = "", by: Account | None = None) -> None:
        by, row = by or self.somebody(), row or self.pick("name", [*self.names, *self.delicate() * 3])
        opts, word = row._meta, self.word()
        page = f"/admin/{opts.app_label}/{opts.model_name}/{row.pk}/change/"
        choices: dict[type[Any], dict[str, list[str]]] = {
            Claimant: {"name": [f"Name {word}"], "role": [word]},
            Topic: {"name": [f"Name {word}"], "description": [word]},
            Source: {
                "title": [f"Name {word}"],
                "address": [f"https://news.example/{word}"],
                "publisher": [str(one.pk) for one in self.publishers],
                "address_is_private": ["on"],
                "note": [word],
            },
            Publisher: {"name": [f"Name {word}"], "address": [f"https://{word}.example/"]},
            Rating: {"label": [f"Name {word}"], "definition": [word], "order": [word[1:]]},
            RatingScale: {"best": [word[1:]]},
        }
        name = name or self.draw(st.sampled_from([*choices[type(row)]]), label="field")
        value = value or self.draw(st.sampled_from(choices[type(row)][name]), label="value")

        def stamp() -> object:
            fresh = type(row).objects.get(pk=row.pk)
            return {name: getattr(fresh, name) for name in [one.attname for one in opts.concrete_fields]}

        form = Form(by, "name", page, {}, stamp)
        proposals = NameChange.objects.count()
        self.hand_in(self.opened(form, _form_id(page), **{name: [value], "reason": [self.draw(REASONS)]}))
        if NameChange.objects.count() > proposals and self.draw(st.booleans(), label="decided at once"):
            self.decide()

    def decide(self) -> None:
        changes = list(NameChange.objects.proposed()) or list(NameChange.objects.all())
        if changes:
            change = self.draw(st.sampled_from(changes), label="change")
            decision = self.draw(st.sampled_from(["accept", "accept", "accept", "decline"]))
            by = self.somebody()
            page = f"/admin/claims/namechange/{change.pk}/change/"
            form = Form(by, "decide", page, {}, lambda: _row_of(change), change.pk)
            self.hand_in(self.opened(form, decision=[decision], why=["It was right."]))

    # People

    def invitation(self, by: Account, role: str) -> Form:
        word = self.word()
        typed = {"first_name": ["Person"], "last_name": [word], "username": [f"person{word}"]}
        form = Form(by, "people:invite", f"{PEOPLE}add/", {}, lambda: 0)
        return self.opened(form, "user_form", **typed, groups=[str(Group.objects.get(name=role).pk)])

    def invite(self) -> None:
        if len(self.accounts) < 7:
            role = self.draw(st.sampled_from(["Editor", "Chief editor"]), label="role")
            self.hand_in(self.invitation(self.somebody(), role))

    def use_a_link(self) -> None:
        linked = [account for account in self.accounts if account.link]
        if linked:
            self.use_link(self.draw(st.sampled_from(linked)), by_owner=self.draw(st.booleans(), label="by owner"))

    def use_link(self, account: Account, *, by_owner: bool) -> None:
        """Set a password and sign in, as the person whom the link was made for, or as who made it."""
        browser = Client()
        path = re.sub(r"^https?://[^/]+", "", account.link)
        page = browser.get(path, follow=True)
        chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        response = browser.post(page.request["PATH_INFO"], chosen)
        assert response.status_code < 500
        if response.status_code != 302:
            return
        maker, account.link = account.unconfirmed_by, ""
        assert maker, "a link sets the password of somebody who is confirmed"
        account.user = account.owner if by_owner else maker
        account.client = browser
        signed_in = browser.post(
            "/admin/login/", {"username": User.objects.get(pk=account.pk).username, "password": PASSWORD}
        )
        assert signed_in.status_code in {200, 302}

    def manage(self) -> None:
        account = self.pick("whom", [*self.accounts[5:] * 3, self.accounts[0], self.accounts[4]])
        if account.link and self.draw(st.booleans(), label="used at once"):
            self.use_link(account, by_owner=True)
        does = self.draw(st.sampled_from([*["confirm"] * 3, "link", "names", "leave", "come back"]), label="does")
        others = [chief for chief in self.chiefs if chief.user != account.unconfirmed_by]
        by = self.draw(st.sampled_from([*others * 3, *self.chiefs, *self.accounts[5:]]), label="by")
        if does == "confirm" and account.user not in {account.owner, by.user, ""}:
            return  # they ask the person, who says that somebody else uses the account
        if does in {"names", "leave", "come back"}:
            word, page = self.word(), f"{PEOPLE}{account.pk}/change/"
            form = self.opened(Form(by, f"people:{does}", page, {}, self.account(account), account.pk), "user_form")
            form.sent |= {"last_name": [f"Desk{word}"]} if does == "names" else {}
            form.sent |= {"is_active": ["on"]} if does == "come back" else {}
            if does == "leave":
                form.sent.pop("is_active", None)
        else:
            # A new link may be made of any account; whatever was confirmed meanwhile ends.
            stamp = self.account(account, "invited_by", "password") if does == "confirm" else lambda: 0
            form = self.opened(Form(by, f"people:{does}", f"{PEOPLE}{account.pk}/{does}/", {}, stamp, account.pk))
        self.hand_in(form)

    def confirm_too_late(self) -> None:
        """Somebody opens the page that confirms a person, and sends it after another changed the account."""
        account = self.draw(st.sampled_from(self.accounts[5:]), label="whom")
        if account.link:
            self.use_link(account, by_owner=True)
        by, maker = self.draw(st.permutations(self.chiefs), label="who confirms, who changes")
        if account.unconfirmed_by and account.user == account.owner:
            stamp = self.account(account, "invited_by", "password")
            form = Form(by, "people:confirm", f"{PEOPLE}{account.pk}/confirm/", {}, stamp, account.pk)
            self.opened(form)
            page = f"{PEOPLE}{account.pk}/change/"
            change = self.opened(Form(maker, "people:names", page, {}, self.account(account), account.pk), "user_form")
            change.sent["last_name"] = [self.word()]
            self.send(change)
            self.send(form)

    def account(self, account: Account, *fields: str) -> Stamp:
        """What a page shows of an account: for the page that confirms, also who made it and its password."""
        return lambda: User.objects.filter(pk=account.pk).values(*fields, *people.NAMES, "is_active", "email").get()

    def managed(self, act: str, form: Form, response: Any) -> None:
        """Something was done to an account."""
        by = form.by
        assert not by.unconfirmed_by, "somebody managed people who isn't confirmed"
        if act == "invite":
            person = User.objects.latest("pk")
            self.accounts.append(Account(person.pk, person.get_full_name(), ""))
        account = self.accounts[-1] if act == "invite" else self.account_of(form.about)
        if act == "confirm":
            assert account.unconfirmed_by not in {"", by.user}, "one person made an account and confirmed it"
            assert account is not by
            account.unconfirmed_by = ""
        elif act in {"invite", "link", "names"}:
            account.unconfirmed_by = by.user
        if act in {"invite", "link"}:
            found = re.search(r'<code class="secret-link">(.+?)</code>', response.content.decode())
            assert found
            account.link, account.user, account.client = found[1], "", Client()

    def account_of(self, pk: int) -> Account:
        return next(account for account in self.accounts if account.pk == pk)

    # What must hold after each form that changed something

    def two_people_saw_what_readers_get(self) -> None:
        for revision in Revision.objects.filter(pk__gt=self.revisions).order_by("pk"):
            before = Revision.objects.filter(claim=revision.claim_id, number=revision.number - 1).first()
            old = leaves_of(before.content) if before else {}
            new = leaves_of(revision.content)
            signing = revision.content["revision"]
            match revision.act:
                case Act.WITHDRAW:
                    assert {leaf[2:] for leaf in new} == {("schema",), ("slug",)}
                case Act.REDACT:
                    assert new == old
                case Act.RENAME:
                    assert before is not None
                    assert without_cards(revision.content) == without_cards(before.content)
                    assert self.ledger.unseen({leaf: new[leaf] for leaf in new if old.get(leaf) != new[leaf]}) == []
                    assert signing["proposed_by_id"] not in {"", signing["signed_by_id"]}
                case _:
                    assert self.ledger.unseen(new) == []
                    assert (signing["approved_by"], signing["approved_by_id"]) == self.approved[revision.claim_id][1:]
            self.public |= set(WORD.findall(revision.body))
            self.revisions = revision.pk

    def every_promise_holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        assert invariants.broken() == []
        # Readers see these without a claim: each rating is in use.
        ratings = {leaf: value for leaf, value in self.ledger.values.items() if leaf[0] == "rating"}
        changed = {leaf: value for leaf, value in ratings.items() if self.ledger.writers[leaf] != NOBODY}
        assert self.ledger.unseen(changed) == []
        assert invariants.leaked({f"w{number}" for number in range(10_001, self.words + 1)} - self.public) == set()

    def nobody_is_confirmed_but_by_another(self) -> None:
        confirmed = {person.pk for person in User.objects.all() if person.is_confirmed}
        for account in self.accounts:
            assert (account.pk in confirmed) == (not account.unconfirmed_by)
            assert account.user in {account.owner, ""} or account.unconfirmed_by, "one person signs as two"


def _form_id(address: str) -> str:
    """The id of the form on a page of Django's admin."""
    return f"{address.split('/')[3]}_form"


def _row_of(change: NameChange) -> Iterable[Any]:
    return NameChange.objects.filter(pk=change.pk).values_list().get()


@pytest.mark.django_db
def test_whatever_people_send_two_of_them_saw_every_byte_that_readers_get() -> None:
    run_state_machine_as_test(
        Desk,
        settings=examples(
            4,
            stateful_step_count=60 if IS_LONG else 25,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.django_db
def test_a_word_of_a_draft_is_seen_in_the_record() -> None:
    published(ClaimFactory.create(statement="A secret word."))
    assert invariants.leaked({"secret word", "other word"}) == {"secret word"}
