"""The columns of a table of fact-checks by others: what each means, and headings that mean the same."""

from django.utils.translation import gettext_lazy

from claims.desk.imports.columns import Column

# Names are the fields of a row, as `reviews.FIELDS` has them.
CHECK_COLUMNS = {
    one.name: one
    for one in (
        Column(
            "reference",
            gettext_lazy("Reference"),
            gettext_lazy("What identifies the row in every file of this feed. Without it, the web address does."),
            ("id", "record id", "uid", "key", "referencia"),
        ),
        Column(
            "claim",
            gettext_lazy("Claim"),
            gettext_lazy("What was said, in the publisher’s words."),
            ("claim reviewed", "claimreviewed", "statement", "claim text", "afirmacion"),
            is_needed=True,
        ),
        Column(
            "claimant",
            gettext_lazy("Who said it"),
            gettext_lazy("The name of a person or organisation."),
            ("speaker", "claimant name", "said by", "source", "quien lo dijo"),
        ),
        Column(
            "title",
            gettext_lazy("Title"),
            gettext_lazy("The headline of the fact-check."),
            ("headline", "titulo", "titular"),
        ),
        Column(
            "publisher",
            gettext_lazy("Publisher"),
            gettext_lazy("The name of who checked it."),
            ("fact checker", "organisation", "organization", "medio"),
        ),
        Column(
            "address",
            gettext_lazy("Web address"),
            gettext_lazy("The page of the fact-check."),
            ("url", "link", "web address", "direccion", "enlace"),
            is_needed=True,
        ),
        Column(
            "publisher_address",
            gettext_lazy("Web address of the publisher"),
            gettext_lazy("Their site, if it isn’t the one of the fact-check."),
            ("publisher url", "site", "publisher site"),
        ),
        Column(
            "claimed_on",
            gettext_lazy("Date of the claim"),
            gettext_lazy("A day, a month or a year."),
            ("claim date", "stated on", "said on", "date of claim"),
        ),
        Column(
            "reviewed_on",
            gettext_lazy("Date of the fact-check"),
            gettext_lazy("A day, a month or a year."),
            ("published on", "review date", "date published", "datepublished", "date", "fecha"),
        ),
        Column(
            "language",
            gettext_lazy("Language"),
            gettext_lazy("A language tag such as en or es-MX."),
            ("lang", "language code", "idioma"),
        ),
        Column(
            "label",
            gettext_lazy("Their rating"),
            gettext_lazy("The words of the rating, as the publisher writes them."),
            ("rating", "verdict", "ruling", "textual rating", "textualrating", "alternate name", "veredicto"),
            is_needed=True,
        ),
        Column("value", gettext_lazy("Number of the rating"), gettext_lazy("As given."), ("rating value",)),
        Column("best", gettext_lazy("Best number"), gettext_lazy("The end of the scale for true."), ("best rating",)),
        Column("worst", gettext_lazy("Worst number"), gettext_lazy("The end for false."), ("worst rating",)),
    )
}
