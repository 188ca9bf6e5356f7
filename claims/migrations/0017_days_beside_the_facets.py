from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0016_find_claims_by_words")]

    operations = [
        migrations.AddField("claimfacets", "claimed_from", models.DateField(null=True)),
        migrations.AddField("claimfacets", "claimed_until", models.DateField(null=True)),
    ]
