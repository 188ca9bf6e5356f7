from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models.expressions import RawSQL


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0052_index_of_changed_ratings")]

    operations = [
        AddIndexConcurrently(
            "searchrow",
            GinIndex(
                "words",
                RawSQL("(ARRAY[(published_id >> 12)::int4])", ()),
                name="search_words_of_blocks",
                fastupdate=False,
            ),
        ),
        RemoveIndexConcurrently("searchrow", "search_words"),
    ]
