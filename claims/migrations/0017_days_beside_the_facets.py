from django.db import migrations, models

FILL = """
UPDATE claims_claimfacets AS row SET claimed_from = claim.claimed_from, claimed_until = claim.claimed_until
FROM claims_publishedclaim AS claim WHERE claim.id = row.published_id
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0016_find_claims_by_words")]

    operations = [
        migrations.AddField("claimfacets", "claimed_from", models.DateField(null=True)),
        migrations.AddField("claimfacets", "claimed_until", models.DateField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
