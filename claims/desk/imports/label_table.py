"""The table that proposes a class for a label of another publisher. A person decides.

Raise `VERSION` with each change: a decision that took a proposal over keeps the version that made it.
"""

import unicodedata

from claims.choices import ForeignMeaning

VERSION = 1
# The labels in the form of `key_of`, between semicolons.
_TABLE = {
    ForeignMeaning.TRUE: """
        true; correct; accurate; mostly true; mostly correct; fact; verified; legit; geppetto checkmark;
        verdadero; cierto; correcto; mayormente verdadero; verdadeiro; certo; vrai; plutot vrai; wahr;
        richtig; grosstenteils richtig; vero; correct attribution
    """,
    ForeignMeaning.MIXED: """
        half true; mixture; mixed; partly false; partially false; partly true; partially true; two
        pinocchios; misleading; missing context; lacks context; outdated; exaggerated; cherry
        picks; enganoso; enganosa; verdad a medias; sin contexto; parcialmente falso; fora de contexto; a
        peu pres; trompeur; partiellement faux; teilweise falsch; fehlender kontext; irrefuhrend;
        parzialmente vero
    """,
    ForeignMeaning.FALSE: """
        false; mostly false; barely true; pants fire; pants on fire; incorrect; inaccurate; wrong; fake;
        fabricated; four pinocchios; hoax; scam; misattributed; miscaptioned; altered; distorts the facts;
        falso; falsa; mayormente falso; bulo; incorrecto; faux; plutot faux; falsch; grosstenteils falsch;
        fake news; debunked; not true; untrue; no es cierto; e falso; boato
    """,
    ForeignMeaning.OTHER: """
        no flip; half flip; full flop;
        unproven; unverified; no evidence; satire; labeled satire; opinion; legend; research in progress;
        unsubstantiated; inconclusive; sin pruebas; satira; sem provas; sans preuve; unbelegt
    """,
}
_LABELS = {meaning: [" ".join(one.split()) for one in text.split(";")] for meaning, text in _TABLE.items()}
_MEANINGS = {label: meaning for meaning, labels in _LABELS.items() for label in labels}


def key_of(label: str) -> str:
    """The form in which a label is looked up: lower case, without marks on letters, and words between single spaces."""
    decomposed = unicodedata.normalize("NFKD", label.casefold())
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join("".join(one if one.isalnum() else " " for one in letters).split())


def proposed(label: str) -> str:
    """The class that the table has for a label. Empty if it has none."""
    return _MEANINGS.get(key_of(label), "")


def known() -> list[str]:
    """The labels of the table, as they are looked up."""
    return [label for labels in _LABELS.values() for label in labels]
