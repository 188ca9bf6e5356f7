from typing import Any

from django.db import migrations, models

from factcheck.core.fields.addresses import canonical, lookup_key


def derive(apps: Any, schema_editor: Any) -> None:
    """Write both columns again: the canonical form no longer merges pages that only look alike."""
    sources = apps.get_model("sources", "Source").objects
    for source in sources.exclude(address="").only("address").iterator():
        sources.filter(pk=source.pk).update(
            canonical_address=canonical(source.address), lookup_key=lookup_key(source.address)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("sources", "0003_plain_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="lookup_key",
            field=models.CharField(default="", editable=False, max_length=2000),
        ),
        migrations.RunPython(derive, migrations.RunPython.noop),
    ]
