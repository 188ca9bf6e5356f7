"""The reading desk: an article's text at the left, the claims in it at the right, and forms for marked words."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from claims.desk.admin.refusals import note_refusal, status
from claims.desk.admin.sent import person
from claims.desk.reading import acts, forms
from claims.desk.reading.places import Span
from claims.desk.reading.reading import Mark, Reading, sentence_hash
from claims.desk.rules import Refused
from claims.models import Appearance, Claim, MatchDecision
from factcheck.core.desk.admin import DeskModelAdmin
from factcheck.core.desk.widgets import DeskSelect
from factcheck.core.fields.keys import is_key
from sources.models import PassedSentence, Source

# What can be done with marked words, by the name in the address. Passing a sentence needs no form.
FORMS = ("log", "place", "evidence", "again")
PASSING = ("pass", "unpass")
# What can be said of marked words and a claim that they may repeat.
DECIDING = ("same", "not-same", "undo")
# Show what was checked before under each paragraph, or hide it, until the person signs out.
COMPARING = ("compare", "hide")
# The links of the panel: mark the words, or open a form for them.
LINKS = ("mark", "log", "place", "evidence")
# In the address: go through the sentences by what can often be checked in them.
_SORTED = "signs"
# Where the session keeps that a person hides what was checked before.
_HIDES = "reading_hides_checks"
_CLAIMANT: Any = Claim._meta.get_field("claimant")
# The right that shows the text of a source.
READ = "sources.view_snapshottext"


class ReadingDesk(DeskModelAdmin):
    """Reads an article and logs its claims."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/read/", view(self.read_view), name="sources_source_read"),
            *super().get_urls(),
        ]

    def article(self, request: HttpRequest, object_id: str) -> Source:
        """The source of a page. Raises Http404 if there is none, PermissionDenied if the person may not read it."""
        found: Source = self.row_to_view(request, object_id, missing=_("We couldn't find this source."))
        if not request.user.has_perms([READ, "claims.view_claim"]):
            raise PermissionDenied
        return found

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The text with its claims. A form that was sent logs a claim, or adds the words to one."""
        article = self.article(request, object_id)
        sent = request.POST if request.method == "POST" else request.GET
        reading = Reading(
            article,
            version=_number(sent, "text"),
            start=_number(sent, "start"),
            end=_number(sent, "end"),
            is_sorted=sent.get("sort") == _SORTED,
        )
        act = sent.get("act", "")
        if request.method != "POST":
            return self._page(request, reading, act, self._forms(request, reading, act))
        if act in PASSING:
            return self._passed(request, reading, is_passed=act == "pass")
        if act in DECIDING:
            return self._decided(request, reading, act)
        if act in COMPARING:
            request.session[_HIDES] = act == "hide"
            return HttpResponseRedirect(self.address(reading, reading.selected))
        if act not in FORMS:
            raise Http404(_("We couldn't find this action."))
        return self._done(request, reading, act)

    # Forms

    def _forms(self, request: HttpRequest, reading: Reading, act: str, data: Any = None) -> dict[str, Any]:
        """The forms of an act, by name, filled in with what was sent."""
        may = request.user.has_perm("claims.add_claim" if act == "log" else "claims.change_claim")
        if act not in FORMS or not may or (reading.selected is None and data is None):
            return {}
        if act == "log":
            return {"claim": forms.log_form(request, reading, data), "words": forms.place_form(request, reading, data)}
        if act == "again":
            return {}
        words = forms.evidence_form if act == "evidence" else forms.place_form
        return {"chosen": forms.ChosenClaim(request, reading, data), "words": words(request, reading, data)}

    def _done(self, request: HttpRequest, reading: Reading, act: str) -> HttpResponse:
        """Do the act of the form that was sent, or show the form again with what is wrong."""
        made = self._forms(request, reading, act, request.POST)
        if act != "again" and not all([form.is_valid() for form in made.values()] or [False]):
            if not made and not request.user.has_perm("claims.add_claim"):
                raise PermissionDenied
            return self._page(request, reading, act, made, code=400)
        try:
            if act == "again":
                self._place_again(request, reading)
            elif act == "log":
                self._log(request, reading, made["claim"], made["words"])
            else:
                self._add(request, reading, made["chosen"], made["words"])
        except (Refused, IntegrityError) as refusal:
            note_refusal(request, refusal)
            code = status(refusal) if isinstance(refusal, Refused) else 409
            sentence = str(refusal) if isinstance(refusal, Refused) else _("Somebody else saved the same. Save again.")
            if "chosen" in made:
                made["chosen"].data = {"claim": made["chosen"].chosen}
            return self._page(request, reading, act, made, refusal=sentence, code=code)
        return self._after(request, reading, act)

    def _log(self, request: HttpRequest, reading: Reading, form: forms.LogForm, words: forms.PlaceForm) -> None:
        by = person(request)
        author = form.author_to_add()
        if words.span is None:
            return
        place: Appearance = acts.describe(words.save(commit=False), reading.text, words.span)
        claim = form.save(commit=False)
        acts.log(claim, place, author=author if by.has_perm("claims.add_claimant") else None, by=by)
        self.log_change(request, reading.article, _("Logged a claim from it."))
        self.message_user(request, _("Logged: %(claim)s") % {"claim": claim}, messages.SUCCESS)

    def _add(self, request: HttpRequest, reading: Reading, chosen: forms.ChosenClaim, words: Any) -> None:
        if words.span is None:
            return
        row = words.save(commit=False)
        if isinstance(row, Appearance):
            acts.describe(row, reading.text, words.span)
        else:
            row.quote, row.locator = reading.text.words(words.span), reading.text.locator(words.span)
        to, version = chosen.sent
        claim = acts.add(row, to=to, version=version, by=person(request))
        self.message_user(request, _("Added to the claim: %(claim)s") % {"claim": claim}, messages.SUCCESS)

    def _place_again(self, request: HttpRequest, reading: Reading) -> None:
        """Give the chosen lost place the marked words. Raises Refused."""
        key = _number(request.POST, "place")
        lost = next((mark.row for mark in reading.unplaced if not mark.is_evidence and mark.row.pk == key), None)
        if not isinstance(lost, Appearance) or reading.selected is None:
            raise Refused(_("Mark the words in the text, then choose the place again."))
        version = _number(request.POST, "version")
        acts.place_again(lost, reading.text, reading.selected, version=version, by=person(request))
        self.message_user(request, _("The claim has its new place."), messages.SUCCESS)

    def _passed(self, request: HttpRequest, reading: Reading, *, is_passed: bool) -> HttpResponse:
        """Remember that a sentence has nothing to check, or forget it."""
        if not request.user.has_perm("claims.add_claim"):
            raise PermissionDenied
        if reading.selected is None:
            return self._page(request, reading, "", {}, refusal=_("Mark a sentence in the text first."), code=400)
        digest = sentence_hash(reading.text.words(reading.selected))
        if is_passed:
            PassedSentence.objects.get_or_create(source=reading.article, sha256=digest)
        else:
            PassedSentence.objects.filter(source=reading.article, sha256=digest).delete()
        following = reading.next_after(reading.selected.end) if is_passed else reading.selected
        return HttpResponseRedirect(self.address(reading, following or reading.selected))

    def _decided(self, request: HttpRequest, reading: Reading, act: str) -> HttpResponse:
        """Store what the person said of the marked words and a claim, or take it back."""
        if not request.user.has_perm("claims.add_claim" if act == "not-same" else "claims.change_claim"):
            raise PermissionDenied
        by, key = person(request), _number(request.POST, "claim")
        try:
            if act == "undo":
                claim = acts.undo(self._decision(request, reading), by=by)
                sentence = _("Undone: %(claim)s")
            elif act == "same":
                claim = acts.same(reading.article, reading.text, _marked(reading), to=key, by=by)
                sentence = _("Added to the claim: %(claim)s")
            else:
                claim = acts.not_same(reading.article, reading.text.words(_marked(reading)), claim=key, by=by)
                sentence = _("Not offered for this sentence any more: %(claim)s")
        except Refused as refusal:
            note_refusal(request, refusal)
            return self._page(request, reading.anew(), "", {}, refusal=str(refusal), code=status(refusal))
        self.message_user(request, sentence % {"claim": claim}, messages.SUCCESS)
        place = reading.text.paragraph_of(reading.selected.start) if reading.selected else 0
        return HttpResponseRedirect(self.address(reading, None) + (f"#p{place}" if place else ""))

    @staticmethod
    def _decision(request: HttpRequest, reading: Reading) -> MatchDecision:
        key = _number(request.POST, "decision")
        decision = MatchDecision.objects.filter(pk=key, source=reading.article).first()
        if decision is None:
            raise Refused(_("We couldn't find this decision."))
        return decision

    def _after(self, request: HttpRequest, reading: Reading, act: str) -> HttpResponse:
        """The page after an act: with the next sentence marked if that was asked for."""
        fresh = reading.anew()
        end = reading.selected.end if reading.selected else 0
        following = fresh.next_after(end) if "_next" in request.POST else None
        if following is None:
            return HttpResponseRedirect(
                self.address(reading, None) + (f"#p{fresh.text.paragraph_of(end)}" if end else "")
            )
        return HttpResponseRedirect(self.address(fresh, following, act="log" if act == "log" else ""))

    def address(self, reading: Reading, span: Any, *, act: str = "", is_sorted: bool | None = None) -> str:
        """The address of the reading desk with this place marked, in the same order of sentences or in this one."""
        query = QueryDict(mutable=True)
        if not reading.is_newest and reading.stored:
            query["text"] = str(reading.stored.pk)
        if reading.is_sorted if is_sorted is None else is_sorted:
            query["sort"] = _SORTED
        if span:
            query.update({"start": str(span.start), "end": str(span.end)})
        if act:
            query["act"] = act
        page = reverse("admin:sources_source_read", args=[reading.article.pk])
        return f"{page}?{query.urlencode()}#work" if query else page

    def _page(
        self,
        request: HttpRequest,
        reading: Reading,
        act: str,
        made: dict[str, Any],
        *,
        refusal: str = "",
        code: int = 200,
    ) -> HttpResponse:
        user = request.user
        # A form may come into the page later, and its choices need their scripts then.
        media = self.media + DeskSelect(_CLAIMANT, self.admin_site).media
        for form in made.values():
            media += form.media
        opened = _number(request.GET, "paragraph")
        is_compared = not request.session.get(_HIDES, False)
        if is_compared:
            reading.compare()
        context = {
            **self.admin_site.each_context(request),
            "title": reading.article.title,
            "opts": self.opts,
            "media": media,
            "article": reading.article,
            "reading": reading,
            "act": act if made else "",
            "made": made,
            "forms": list(made.values()),
            "other_order": self.address(reading, None, is_sorted=not reading.is_sorted),
            "links": {name: self.address(reading, reading.selected, act=name.replace("mark", "")) for name in LINKS},
            "refusal": refusal,
            "opened": next((one for one in reading.paragraphs if one.number == opened), None),
            "offers": offers(reading) if user.has_perm("sources.change_source") else [],
            "marked_sentence": _sentence(reading),
            "is_compared": is_compared,
            "again": _again(reading, _number(request.GET, "place")),
            "may_log": user.has_perm("claims.add_claim"),
            "may_bring": user.has_perm("sources.add_snapshottext"),
            "may_delete": user.has_perm("sources.delete_snapshottext"),
            "may_change": user.has_perm("sources.change_source"),
            "may_decide": user.has_perm("claims.change_claim"),
        }
        return TemplateResponse(request, "admin/claims/article/read.html", context, status=code)


def offers(reading: Reading) -> list[dict[str, Any]]:
    """What the text says of its source that the source doesn't say, with where each was found."""
    found = reading.stored.found if reading.stored and reading.is_newest else []
    return [
        one | {"label": str(Source._meta.get_field(one["field"]).verbose_name)}  # type: ignore[union-attr]
        for one in found
        if one["value"] != getattr(reading.article, one["field"])
    ]


def _sentence(reading: Reading) -> Any:
    """The sentence that is marked as a whole, if one is."""
    every = (sentence for paragraph in reading.paragraphs for sentence in paragraph.sentences)
    return next((sentence for sentence in every if sentence.span == reading.selected), None)


def _again(reading: Reading, key: int) -> Mark | None:
    """The lost place that gets new words."""
    return next((mark for mark in reading.unplaced if not mark.is_evidence and mark.row.pk == key), None)


def _marked(reading: Reading) -> Span:
    """The place that is marked. Raises Refused if none is."""
    if reading.selected is None:
        raise Refused(_("Mark a sentence in the text first."))
    return reading.selected


def _number(sent: QueryDict, name: str) -> int:
    """A number that was sent, or 0."""
    text = sent.get(name, "")
    return int(text) if is_key(text) else 0
