"""The sources of published claims, as bibliographies: BibTeX, RIS and CSL-JSON."""

from collections.abc import Iterable, Iterator

from claims.record.publications import Publication
from claims.schema import Content
from factcheck.core.web.streams import in_blocks
from sources.references import Form, Reference, reference_of


def sources_of(contents: Iterable[Content]) -> Iterator[Reference]:
    """Each source of these versions once: those of the evidence, then those in which the claim appeared.

    A source that we protect isn't among them, because readers can't look it up.
    """
    seen = set()
    for content in contents:
        for row in (*content["evidence"], *content["appearances"]):
            source = row["source"]
            if not source["is_protected"] and source["slug"] not in seen:
                seen.add(source["slug"])
                yield reference_of(source)


def write(form: Form, publications: Iterable[Publication]) -> Iterator[bytes]:
    """The sources of these claims in this format, in UTF-8."""
    found = sources_of(publication.content for publication in publications)
    return in_blocks(text.encode() for text in form.write(found))
