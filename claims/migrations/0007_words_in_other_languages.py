from django.db import migrations, models
from django.db.models.lookups import Exact

from factcheck.core.fields.translations import CheckTranslations

# The index repeats the cards of bodies as they are read: with every field of the newest schema.
INDEX = """
UPDATE claims_indexentry SET body = body || '{"translations": []}' WHERE kind IN ('rating', 'topic')
"""
INDEX_BEFORE = "UPDATE claims_indexentry SET body = body - 'translations' WHERE kind IN ('rating', 'topic')"


def is_list(name: str) -> models.CheckConstraint:
    kind = models.Func(models.F("translations"), function="jsonb_typeof", output_field=models.TextField())
    return models.CheckConstraint(
        name=name,
        condition=Exact(kind, models.Value("array")),
        violation_error_message="Translations are a list.",
    )


class Migration(migrations.Migration):
    dependencies = [("claims", "0006_headline_attribution_and_date_of_the_matter")]

    operations = [
        migrations.AddField(
            model_name="rating",
            name="translations",
            field=models.JSONField(
                blank=True, default=list, validators=[CheckTranslations("label", "definition", longest=100)]
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="translations",
            field=models.JSONField(
                blank=True, default=list, validators=[CheckTranslations("name", "description", longest=200)]
            ),
        ),
        migrations.AddConstraint("rating", is_list("rating_translations_are_a_list")),
        migrations.AddConstraint("topic", is_list("topic_translations_are_a_list")),
        migrations.RunSQL(INDEX, INDEX_BEFORE),
    ]
