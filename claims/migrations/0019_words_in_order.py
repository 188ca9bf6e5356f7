"""Sort the words of each claim. Without their index this takes minutes for a million claims, and with it hours."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# Version 4 of the words is version 3 in ascending order.
SORT = """
UPDATE claims_searchrow SET version = 4, words = sorted.words, weights = sorted.weights
FROM (
    SELECT published_id AS id, array_agg(word.hash ORDER BY word.hash) AS words,
        array_agg(word.weight ORDER BY word.hash) AS weights
    FROM claims_searchrow CROSS JOIN LATERAL unnest(words, weights) AS word (hash, weight) GROUP BY published_id
) AS sorted
WHERE sorted.id = published_id AND version = 3
"""
# Older code takes words in any order, and has to see its own version.
BACK = "UPDATE claims_searchrow SET version = 3 WHERE version = 4"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0018_indexes_of_facets")]

    operations = [
        RemoveIndexConcurrently("searchrow", "search_words"),
        migrations.AlterField(
            "searchrow",
            "words",
            ArrayField(models.IntegerField(), help_text="Its stems, hashed, each once, in ascending order."),
        ),
        migrations.RunSQL(SORT, BACK),
        AddIndexConcurrently("searchrow", GinIndex(fields=["words"], name="search_words", fastupdate=False)),
    ]
