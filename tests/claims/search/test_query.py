"""Tests of search: half-remembered and misspelled words find the claim, and drafts have no influence."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from claims.choices import Order
from claims.desk import workflow
from claims.models import ClaimFacets, Facet, PublishedClaim, SearchRow, Stem, SynonymGroup, Word
from claims.models.search import BLOCK_SQL
from claims.search import candidates, indexing
from claims.search import query as search
from claims.search.filters import ClaimFilterSet
from tests.claims.formats.files import empty_the_database
from tests.factories import (
    AppearanceFactory,
    ClaimantFactory,
    ClaimFactory,
    EvidenceFactory,
    SourceFactory,
    SynonymGroupFactory,
    TopicFactory,
    UserFactory,
    corrected,
    published,
    renamed,
    withdrawn,
)
from tests.once import once
from tests.properties import examples

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    """The slugs of the claims that a search finds, best first."""
    claims = PublishedClaim.objects.found(search.find(text).places).in_order(Order.RELEVANCE)
    return list(claims.values_list("slug", flat=True))


def plain_claim(slug: str, statement: str, **values: Any) -> None:
    """Publish a claim with these words and no words that other claims share."""
    usual: dict[str, Any] = {
        "summary": "Nothing.",
        "explanation": "Nothing.",
        "claimant": None,
        "appearances": [],
        "evidence": [],
    }
    published(ClaimFactory(slug=slug, statement=statement, **(usual | values)))


@pytest.fixture(autouse=True)
def _sources_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow claims without sources, whose words would be indexed too. Readiness has its own tests."""
    monkeypatch.setattr("claims.desk.readiness.blockers", lambda _claim: [])


def go_on_from_key(key: int) -> None:
    """Give this primary key to the next published claim, as if so many had been published before it."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SEQUENCE claims_publishedclaim_id_seq RESTART WITH {key}")


def state() -> dict[str, Any]:
    """Everything in the search tables, without primary keys."""
    facets = {facet.pk: (facet.kind, facet.value) for facet in Facet.objects.all()}
    return {
        "rows": set(SearchRow.objects.values_list("published__slug", "text", "length")),
        "stems": dict(Stem.objects.values_list("hash", "claims")),
        "words": dict(Word.objects.values_list("word", "claims")),
        "facets": {(facet.kind, facet.value): facet.claims for facet in Facet.objects.all()},
        "of claims": {
            row.published.slug: {facets[pk] for pk in row.facets}
            for row in ClaimFacets.objects.select_related("published")
        },
    }


def four_claims() -> None:
    plain_claim("spending", "Denver put $356 million into services for migrants.")
    plain_claim("arrests", "About 75 percent of the people arrested had a criminal conviction.")
    plain_claim("ordinance", "A 2017 ordinance limits how city agencies cooperate.")
    plain_claim("spanish", "El alcalde construyó tres puentes.", language="es")


claims = once(four_claims)


@pytest.mark.usefixtures("claims")
class TestFinding:
    @pytest.mark.parametrize(
        ("text", "slug"),
        [
            *((spelling, "spending") for spelling in ["356M", "$356 million", "356,000,000", "356", "DENVER"]),
            *((spelling, "arrests") for spelling in ["75%", "75 %", "75 percent", "arrest", "Convictions"]),
            *((spelling, "spanish") for spelling in ["construyo", "puente", "alcaldes"]),
            *((begun, "ordinance") for begun in ["ordin", "cooperat", "limits agenc"]),
            *((wrong, "spending") for wrong in ["migrnats", "Denvre", "Devner", "servcies"]),
            ("2017", "ordinance"),
            ("the city ordinance", "ordinance"),
            ('"people arrested"', "arrests"),
            ("“people arrested”", "arrests"),
        ],
    )
    def test_a_reader_finds_the_claim(self, text: str, slug: str) -> None:
        assert found(text) == [slug]

    @pytest.mark.parametrize(
        "text", ["anything else", "qqqq", "denver -migrants", '-"people arrested" arrested', '"people had" -arrested']
    )
    def test_words_that_no_claim_has_are_not_found(self, text: str) -> None:
        assert "spending" not in found(text)
        assert "arrests" not in found(text)

    def test_excluded_words_narrow_the_results(self) -> None:
        assert set(found("-denver")) == {"arrests", "ordinance", "spanish"}
        assert found("-denver -ordinance -puentes") == ["arrests"]

    @pytest.mark.parametrize("text", ["", "   ", "the", "🎉", '""', '"', "-", "--", '-""', "\0", "&|!():*<->"])
    def test_a_query_without_words_finds_nothing(self, text: str) -> None:
        result = search.find(text)
        assert (result.places, result.has_words) == ({}, False)

    def test_corrections_are_reported(self) -> None:
        result = search.find("Denvre $356M migrnats xylophone")
        assert result.corrections == {"denvre": "denver", "migrnats": "migrants"}
        assert result.corrected("Denvre $356M, migrnats") == "denver $356M, migrants"
        assert result.unknown == ["xylophone"]

    @pytest.mark.parametrize("real", ["undocumented", "coming", "ever", "policía", "rapist", "denser"])
    def test_a_real_word_is_never_replaced(self, real: str) -> None:
        plain_claim("similar", "Documented, welcoming, every, policies, rapid, denver.")
        result = search.find(f"{real} migrants")
        assert (result.corrections, found(f"{real} migrants")[:1]) == ({}, ["spending"])

    def test_the_way_back_searches_for_the_words_as_typed(self) -> None:
        typed = "devner migrants"
        result = search.find(typed)
        assert (result.corrected(typed), result.as_typed(typed)) == ("denver migrants", '"devner" migrants')
        as_typed = search.find(result.as_typed(typed))
        assert (as_typed.corrections, as_typed.unknown, as_typed.is_loose) == ({}, ["devner"], False)

    def test_the_closest_claims_are_offered_where_none_is_found(self) -> None:
        assert found("edenver") == []
        assert set(search.nearest("edenver").places) == {PublishedClaim.objects.get(slug="spending").pk}
        assert search.nearest("qqqq").places == {}

    def test_a_phrase_that_no_claim_has_is_searched_word_by_word(self) -> None:
        assert not search.find('"people arrested"').is_loose
        result = search.find('"arrested peeple"')
        assert (result.is_loose, result.corrections) == (True, {"peeple": "people"})
        assert found('"arrested peeple"') == ["arrests"]

    def test_found_words_are_marked_and_everything_is_escaped(self) -> None:
        marks = search.find("356M <migrants>")
        assert marks.marked("<b>$356 million</b> & migrants’", "en") == (
            "&lt;b&gt;<mark>$356 million</mark>&lt;/b&gt; &amp; <mark>migrants</mark>’"
        )


class TestSpellings:
    @pytest.mark.parametrize(
        ("written", "typed"),
        [
            *(("Wałęsa", "walesa"), ("Łódź", "Lodz"), ("Walesa", "Wałęsa"), ("Søren", "soren"), ("Đuro", "duro")),
            *(("money", "mo\u00adney"), ("mo\u200bney", "money"), ("866-347-2423", "8663472423"), ("AR-15", "AR15")),
            *(
                ("H.R. 1", "HR1"),
                ("50%", "٥٠٪"),
                ("2.5", "٢٫٥"),
                ("10 million", "1,00,00,000"),
                ("1 crore", "10 million"),
            ),
            *(("75%", "seventy five percent"), ("Federal Emergency Management Agency", "FEMA")),
        ],
    )
    def test_spellings_of_one_thing_find_each_other(self, written: str, typed: str) -> None:
        plain_claim("this", f"They said {written} there.")
        plain_claim("other", "Water is wet.")
        assert found(typed) == ["this"]

    def test_a_single_character_is_a_word_where_the_script_has_no_spaces(self) -> None:
        plain_claim("this", "東京都の水は安全だ。", language="ja")
        assert found("水") == found("東京") == ["this"]

    def test_a_claim_is_found_in_every_language_of_many(self) -> None:
        for number, language in enumerate(["ar", "de", "en", "es", "fr", "it", "nl", "pt", "sv", "tr"]):
            for _ in range(2):
                plain_claim(f"{language}-{number}-{_}", f"Nummer{number}.", language=language)
        plain_claim("ninth", "Правительство закрыло школы.", language="ru")
        assert found("правительства") == ["ninth"]


class TestLanguages:
    """A few claims in other languages quote English words. They mustn't keep the English claims from being found."""

    @pytest.fixture(autouse=True)
    def record(self) -> None:
        for number in range(5):
            plain_claim(f"en-{number}", f"The bridge was opened, which cost {number} dollars.")
        plain_claim("pl", "Czy naprawde powiedzial the bridge was?", language="pl")
        plain_claim("nl", "Was de leus echt the bridge was?", language="nl")

    def test_a_word_is_looked_up_in_each_language_however_common_it_is_in_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 6)
        assert {f"en-{number}" for number in range(5)} < set(found("bridge"))

    @pytest.mark.parametrize("text", ["the bridge", '"the bridge"', '"the" bridge', "the bridge -zeppelin"])
    def test_a_stop_word_of_their_language_keeps_no_claim_from_being_found(self, text: str) -> None:
        result = search.find(text)
        assert set(found(text)) == {*(f"en-{number}" for number in range(5)), "pl", "nl"}
        assert not result.is_loose
        assert not result.unknown

    def test_a_phrase_of_stop_words_is_found_in_its_order(self) -> None:
        plain_claim("other", "Which was it? A bridge opened.")
        assert found('"which cost" bridge') == [f"en-{number}" for number in range(4, -1, -1)]

    def test_a_list_of_the_desk_finds_claims_with_each_word(self) -> None:
        def of_desk(text: str) -> set[str]:
            found = search.newest_with_each_word(text, 10)
            return set(PublishedClaim.objects.filter(claim__in=found).values_list("slug", flat=True))

        english = {f"en-{number}" for number in range(5)}
        assert of_desk("the bridge") == of_desk('"the bridge"') == {*english, "pl", "nl"}
        assert of_desk("the bridge opened") == english
        assert of_desk("the leus") == {"nl"}
        assert of_desk("the zeppelin") == set()
        assert of_desk("was the") == {*english, "pl", "nl"}


class TestPosts:
    def test_a_pasted_post_has_no_syntax_and_is_not_corrected(self) -> None:
        plain_claim("this", "Denver put $356 million into services for migrants.")
        post = "“Denver spends” -everything on migrants - 356 million - Jonn Smyth (@jsmyth) June 22, 2025 "
        result = search.find(post + "and nobody says anything about it. " * 5)
        assert (found(post), result.corrections, result.is_loose) == (["this"], {}, False)

    def test_a_long_text_is_read_as_far_as_a_hundred_words(self) -> None:
        plain_claim("this", "A zeppelin passed.")
        assert found(" ".join(f"w{letter * 5}" for letter in "abcdefgh" * 9) + " zeppelin " + "filler " * 1_000) == [
            "this"
        ]


def two_articles() -> None:
    article = SourceFactory(slug="article", address="https://www.paper.example/news?id=7")
    other = SourceFactory(address="https://other.example/")
    published(ClaimFactory(slug="in-it", appearances=[article]))
    published(ClaimFactory(slug="elsewhere", appearances=[other]))


articles = once(two_articles)


@pytest.mark.usefixtures("articles")
class TestAddresses:
    @pytest.mark.parametrize(
        "pasted",
        [
            "https://www.paper.example/news?id=7",
            "http://paper.example/news/?utm_source=x&id=7&fbclid=y",
            "m.paper.example/news?id=7&igsh=z",
            "https://web.archive.org/web/20250621000000/https://paper.example/news?id=7",
        ],
    )
    def test_a_pasted_address_finds_the_claims_of_its_page(self, pasted: str) -> None:
        result = search.find(pasted)
        assert found(pasted) == ["in-it"]
        assert result.page is not None
        assert (result.page.kind, result.page.slug, result.address) == ("article", "article", pasted)

    def test_a_copy_is_found_by_the_address_of_its_original_too(self) -> None:
        copy = SourceFactory(
            address="https://copier.example/1", is_copy=True, original_address="https://first.example/report"
        )
        published(ClaimFactory(slug="copied", appearances=[copy]))
        assert found("https://first.example/report") == found("https://copier.example/1") == ["copied"]

    def test_words_beside_the_address_leave_its_claims_first(self) -> None:
        assert found("Is this true? https://paper.example/news?id=7")[0] == "in-it"

    @pytest.mark.parametrize("pasted", ["https://paper.example/news?id=8", "https://[", "https://nowhere.example/"])
    def test_another_page_finds_nothing(self, pasted: str) -> None:
        result = search.find(pasted)
        assert (result.places, result.page, result.address) == ({}, None, pasted)


class TestSynonyms:
    def test_a_group_counts_from_the_next_search_on_and_below_the_word_itself(self) -> None:
        plain_claim("synonym", "An airship passed.")
        assert found("zeppelin") == []
        group = SynonymGroupFactory(words="zeppelin\nairship\nflying balloon")
        assert found("zeppelin") == found("a flying balloon") == ["synonym"]
        plain_claim("word", "A zeppelin passed.")
        assert found("zeppelin") == ["word", "synonym"]
        group.is_active = False
        group.save()
        assert found("zeppelin") == ["word"]

    @pytest.mark.parametrize("text", ["zeppelin", "zeppelin\nZeppelin", "a b c d e f g\nzeppelin", "🎉\nzeppelin"])
    def test_a_group_has_two_expressions_that_can_be_searched_for(self, text: str) -> None:
        with pytest.raises(ValidationError):
            SynonymGroup(language="en", words=text).full_clean()


class TestOrder:
    def test_rare_words_count_more_than_common_ones(self) -> None:
        for number in range(5):
            plain_claim(f"common-{number}", f"The council met {number}.")
        plain_claim("rare", "A comet passed.")
        assert found("council comet")[0] == "rare"

    def test_a_word_in_the_statement_counts_more_than_one_in_the_text(self) -> None:
        plain_claim("text", "Water is wet.", explanation="The bridge is long.")
        plain_claim("statement", "The bridge is wet.", explanation="The water is long.")
        assert found("bridge") == ["statement", "text"]

    def test_the_newest_comes_first_among_equals(self) -> None:
        for slug in ("old", "new"):
            plain_claim(slug, "The bridge is long.")
        assert found("bridge") == ["new", "old"]

    def test_claims_that_match_much_worse_than_the_best_are_left_out(self) -> None:
        plain_claim("both", "A comet passed over Denver last night.")
        for number in range(4):
            plain_claim(f"denver-{number}", "Denver is a city.")
        assert found("comet passed denver night") == ["both"]

    def test_every_field_that_readers_see_can_be_searched(self) -> None:
        claim = ClaimFactory(
            slug="all", statement="Aardvark.", summary="Badger.", explanation="[Camel](https://dingo.example/).",
            claimant=ClaimantFactory(name="Ocelot"), topics=[TopicFactory(name="Emu")], appearances=[], evidence=[],
        )  # fmt: skip
        AppearanceFactory(claim=claim, source=SourceFactory(title="Ferret"), exact="Gibbon")
        source = SourceFactory(title="Ibis", publisher__name="Jackal")
        EvidenceFactory(claim=claim, source=source, quote="Heron", finding="Kudu", note="Desk")
        published(claim)
        words = ["aardvark", "badger", "camel", "emu", "ferret", "gibbon", "heron", "ibis", "jackal", "kudu", "ocelot"]
        assert [word for word in words if found(word) == ["all"]] == words
        assert found("dingo") == []


class TestRecordOnly:
    def test_a_draft_influences_nothing(self) -> None:
        plain_claim("seen", "Denver built a bridge.")
        claim = PublishedClaim.objects.get(slug="seen").claim
        before = state()
        for number in range(5):
            ClaimFactory(slug=f"draft-{number}", statement="A secret zeppelin over Denver.")
        claim.statement = "A secret zeppelin."
        workflow.edit(claim, by=UserFactory(role="Editor"), version=claim.version)
        assert state() == before
        assert search.find("zepp").corrections == {}
        assert found("zeppelin") == found("zepelin") == []

    def test_a_correction_removes_the_old_words(self) -> None:
        plain_claim("a", "Denver built a zeppelin.")
        corrected(PublishedClaim.objects.get(slug="a").claim, statement="Denver built a bridge.")
        assert (found("zeppelin"), found("bridge")) == ([], ["a"])
        assert not Word.objects.filter(word="zeppelin").exists()

    def test_a_withdrawal_leaves_nothing(self) -> None:
        empty = state()
        plain_claim("a", "Denver built a zeppelin.")
        assert state() != empty
        withdrawn(PublishedClaim.objects.get(slug="a").claim)
        assert state() == empty

    def test_a_new_name_is_found_at_once(self) -> None:
        claimant = ClaimantFactory(name="Ocelot")
        plain_claim("a", "Denver built a bridge.", claimant=claimant)
        renamed(claimant, name="Wombat")
        assert (found("ocelot"), found("wombat")) == ([], ["a"])

    def test_the_counts_are_those_of_the_rows(self) -> None:
        for number in range(4):
            plain_claim(f"a-{number}", f"Denver built {number} bridges.", claimed_on=f"202{number}")
        corrected(PublishedClaim.objects.get(slug="a-0").claim, statement="Boulder built nothing.")
        withdrawn(PublishedClaim.objects.get(slug="a-1").claim)
        stems = Counter(stem for row in SearchRow.objects.all() for stem in row.words)
        assert dict(Stem.objects.values_list("hash", "claims")) == dict(stems)
        assert indexing.miscounted() == []


class TestRefreshing:
    def test_missing_and_outdated_rows_are_rebuilt(self, capsys: pytest.CaptureFixture[str]) -> None:
        for number in range(3):
            plain_claim(f"a-{number}", f"Denver built {number} bridges.")
        right = state()
        SearchRow.objects.filter(published__slug="a-1").update(version=0)
        call_command("refresh_words", dry_run=True)
        assert "1 claims would" in capsys.readouterr().out
        call_command("refresh_words")
        assert state() == right

    def test_loaded_claims_are_found_at_once(self, tmp_path: Path) -> None:
        for number in range(3):
            plain_claim(f"a-{number}", f"Denver built {number} bridges.")
        right = state()
        file = tmp_path / "all.json"
        call_command("export_fixture", output=file)
        assert "searchrow" not in file.read_text()
        empty_the_database()
        call_command("loaddata", str(file), verbosity=0)
        assert state() == right


OLD, NEW = [f"old-{number}" for number in range(5)], [f"new-{number}" for number in range(3)]


class TestBounds:
    def test_with_too_many_candidates_only_the_newest_are_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(5):
            plain_claim(f"a-{number}", "Denver built a bridge.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 3)
        result = search.find("bridge")
        assert result.is_capped
        assert set(found("bridge")) == {"a-2", "a-3", "a-4"}

    def test_the_newest_claims_with_a_common_word_are_found_without_reading_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(5):
            plain_claim(f"old-{number}", "Denver built a bridge.")
        go_on_from_key(200_000)
        for number in range(5):
            plain_claim(f"new-{number}", "Denver built a bridge.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 5)
        with CaptureQueriesContext(connection) as queries:
            result = search.find("bridge")
        assert result.is_capped
        assert set(found("bridge")) == {f"new-{number}" for number in range(5)}
        (ranking,) = [query["sql"] for query in queries if "weights" in query["sql"]]
        (blocks,) = re.findall(rf"{re.escape(BLOCK_SQL)} && ARRAY\[([\d, ]+)\]", ranking)
        assert 0 not in map(int, blocks.split(", "))

    def test_a_common_word_that_only_old_claims_have_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(5):
            plain_claim(f"old-{number}", "Denver built a bridge.")
        go_on_from_key(200_000)
        plain_claim("new", "Denver built a road.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 3)
        assert search.find("bridge").is_capped
        assert set(found("bridge")) == {"old-2", "old-3", "old-4"}
        assert found("bridge -built") == []

    def test_a_claim_with_all_words_is_found_however_old_it_is_and_however_common_they_are(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain_claim("old", "Denver built a bridge over a river.")
        go_on_from_key(200_000)
        for number in range(5):
            plain_claim(f"bridge-{number}", "Boulder painted a bridge.")
            plain_claim(f"river-{number}", "Boulder cleaned a river.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 4)
        assert found("bridge river")[0] == "old"
        assert found("river bridge zeppelin")[0] == "old"
        assert found("bridge river -denver")[0] != "old"
        assert search.find("bridge river").is_capped

    def test_what_the_best_claim_covers_is_computed_once(self) -> None:
        plain_claim("a", "Denver built a bridge over a river.")
        with CaptureQueriesContext(connection) as queries:
            search.find("bridge river")
        (ranking,) = [query["sql"] for query in queries if "weights" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {ranking}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        # Else PostgreSQL computes it for each claim, if it expects few: more than a second for 6,000 claims.
        assert "CTE best" in plan

    def test_a_synonym_of_several_words_does_not_decide_which_claims_are_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        SynonymGroupFactory(words="immigrants\nforeign nationals")
        for number in range(5):
            plain_claim(f"immigrants-{number}", "Denver counted immigrants.")
        plain_claim("nationals", "Nationals won a match.")
        plain_claim("both", "Denver counted foreign nationals.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 20)
        monkeypatch.setattr(candidates, "_MANY_WORDS", 0)
        monkeypatch.setattr(candidates, "_MOST_CANDIDATES_OF_MANY_WORDS", 1)
        assert set(found("immigrants")) == {"both", *(f"immigrants-{number}" for number in range(5))}

    def test_a_phrase_is_looked_for_in_the_newest_claims_until_there_are_enough(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for slug in OLD:
            plain_claim(slug, "Denver built a bridge.")
        go_on_from_key(200_000)
        for slug in NEW:
            plain_claim(slug, "Denver built a bridge.")
        plain_claim("loose", "Denver a bridge built.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 4)
        # Of those that have both words, wherever they are.
        monkeypatch.setattr(candidates, "_MOST_TOGETHER", 1)
        monkeypatch.setattr(candidates, "_ENOUGH_OF_A_PHRASE", 3)
        assert {"new-0", "new-1", "new-2"} <= set(found('"built a bridge"')) < {*NEW, *OLD}
        assert search.find('"built a bridge"').is_capped
        # The newest aren't enough, so older ones are read.
        monkeypatch.setattr(candidates, "_ENOUGH_OF_A_PHRASE", 100)
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 8)
        assert set(found('"built a bridge"')) == {*NEW, *OLD}
        assert not search.find('"built a bridge"').is_capped
        monkeypatch.setattr(candidates, "_MOST_TEXTS", 2)
        assert {"new-0", "new-1", "new-2"} <= set(found('"built a bridge"')) < {*NEW, *OLD}
        assert search.find('"built a bridge"').is_capped

    def test_a_list_of_what_was_found_begins_with_the_best_of_it(self) -> None:
        for number in range(4):
            plain_claim(f"a-{number}", f"Denver built {'a bridge and ' * (1 + number // 2)}a road.")
        filters = ClaimFilterSet({"q": "bridge road"}, queryset=PublishedClaim.objects.all())
        assert not filters.errors
        assert filters.found
        assert [len(filters.found.best(most)) for most in (1, 2, 3, 4)] == [2, 2, 4, 4]  # two share a place
        in_order = [claim.slug for claim in filters.qs]
        for most in range(1, 5):
            assert [claim.slug for claim in filters.first(most)[:most]] == in_order[:most]

    def test_a_rare_word_decides_which_claims_are_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plain_claim("rare", "A comet passed the bridge.")
        for number in range(5):
            plain_claim(f"a-{number}", "Denver built a bridge.")
        monkeypatch.setattr(candidates, "MOST_CANDIDATES", 3)
        assert found("bridge comet") == ["rare"]

    def test_of_many_words_fewer_claims_are_read_and_the_rarest_words_decide(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain_claim("rare", "A comet passed the frozen river near the bridge in Denver yesterday.")
        for number in range(5):
            plain_claim(f"a-{number}", "A train passed the frozen river near the bridge in Denver yesterday.")
        monkeypatch.setattr(candidates, "_MOST_CANDIDATES_OF_MANY_WORDS", 3)
        assert found("comet passed frozen river near bridge denver") == ["rare"]
        assert len(found("comet frozen river bridge denver")) == 6

    def test_however_many_rare_words_are_typed_claims_are_found_by_the_index(self) -> None:
        typed = " ".join(f"zeppelin{letter * 3}" for letter in "abcdefghijklmnopqrstuvwxyzäöüabcd")
        plain_claim("this", typed)
        with connection.cursor() as cursor:
            # Other claims, with words that are so common that PostgreSQL expects many claims with any unknown one.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT 'ALTER TABLE claims_searchrow DROP CONSTRAINT ' || conname FROM pg_constraint "
                "WHERE conrelid = 'claims_searchrow'::regclass AND contype = 'f'"
            )
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)
            cursor.execute(
                "INSERT INTO claims_searchrow (published_id, version, words, weights, length, text) "
                "SELECT -row, 1, array_agg(word ORDER BY word), array_agg(4), 80, '' FROM (SELECT DISTINCT row, "
                "(row * 7919 + number * number * 104729) % 1500 AS word FROM generate_series(1, 3000) AS row, "
                "generate_series(1, 20) AS number) AS made GROUP BY row"
            )
            cursor.execute("ANALYZE claims_searchrow")
        with CaptureQueriesContext(connection) as queries:
            assert len(search.find(typed).places) == 1
        (ranking,) = [query["sql"] for query in queries if "claims_searchrow" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {ranking}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "search_words" in plan
        # Neither a scan of the table nor a walk along its keys, with a comparison of each claim.
        assert "Seq Scan on claims_searchrow" not in plan
        assert "claims_searchrow_pkey" not in plan

    @pytest.mark.parametrize(
        "hostile",
        [
            "denver " * 2_000, "x" * 10_000, '"' * 10_000, "-a " * 5_000, "🎉" * 10_000, "a1b2 " * 2_500,
            " ".join(f"denvr{n}" for n in range(2_000)), "%_\\' OR 1=1 --", "a" * 41, "1" * 10_000,
        ],
    )  # fmt: skip
    def test_a_hostile_query_costs_few_queries(self, hostile: str) -> None:
        plain_claim("a", "Denver built a bridge.")
        with CaptureQueriesContext(connection) as queries:
            search.find(hostile)
        assert len(queries) <= 10

    @examples(
        150,
        # `make mutants` runs it twice in one process.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("denver \"'-%_\\&|!:*()0 1"))))
    def test_any_text_is_accepted(self, text: str) -> None:
        result = search.find(text)
        assert set(result.places) <= set(PublishedClaim.objects.values_list("pk", flat=True))
        result.marked(text, "en")
        result.corrected(text)
