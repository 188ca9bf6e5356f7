from django.db import migrations, models

# Nobody was asked for the words of the appearances that there are, so a claim isn't stopped for them.
NOT_ASKED = "UPDATE claims_appearance SET words_not_recorded = true WHERE exact = ''"


class Migration(migrations.Migration):
    dependencies = [("claims", "0008_plain_words")]

    operations = [
        migrations.AddField(
            model_name="appearance",
            name="words_not_recorded",
            field=models.BooleanField(
                default=False,
                help_text="Tick this if you can't get them. Readers then see that they are missing.",
                verbose_name="the exact words aren't recorded",
            ),
        ),
        migrations.RunSQL(NOT_ASKED, migrations.RunSQL.noop),
    ]
