"""Words that search treats as equal. Rows of the desk: they change what readers find, and nothing that they read."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from factcheck.core import words
from factcheck.core.fields.keys import check_language
from factcheck.core.text import one_line

# The largest number of expressions in a group, and of words in an expression.
MOST_EXPRESSIONS, MOST_WORDS = 30, 6


class SynonymGroup(models.Model):
    """Expressions with about the same meaning: a search for one also finds claims with the others."""

    language = models.CharField(
        max_length=20,
        default="en",
        validators=[check_language],
        help_text=_("The language by whose rules the words are compared, as a tag: en, es."),
    )
    words = models.TextField(
        max_length=2000,
        help_text=_(
            "One word or expression a line, in any form: warn, tipped off. A search for one also finds claims in all "
            "languages that have another, and ranks them lower."
        ),
    )
    note = models.TextField(blank=True, help_text=_("Why the words belong together. Only the desk sees it."))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["language", "words"]

    def __str__(self) -> str:
        return ", ".join(self.expressions)

    @property
    def expressions(self) -> list[str]:
        """The expressions in their order."""
        return [line for line in map(one_line, self.words.splitlines()) if line]

    def clean(self) -> None:
        """Raises ValidationError for fewer than two expressions, too many, or one that can't be searched for."""
        expressions = list(dict.fromkeys(self.expressions))
        if len({tuple(words.plain(expression)) for expression in expressions}) < 2:  # noqa: PLR2004
            raise ValidationError({"words": _("Write at least two different words or expressions, one a line.")})
        if len(expressions) > MOST_EXPRESSIONS:
            raise ValidationError(
                {"words": _("Write at most %(most)s lines, or make two groups.") % {"most": MOST_EXPRESSIONS}}
            )
        for expression in expressions:
            if not 0 < len(words.plain(expression)) <= MOST_WORDS:
                raise ValidationError(
                    {
                        "words": _("“%(line)s” can't be searched for. Write one to %(most)s words a line.")
                        % {"line": expression, "most": MOST_WORDS}
                    }
                )
        self.words = "\n".join(expressions)
