from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0051_pictures_say_when_they_were_uploaded")]

    operations = [
        AddIndexConcurrently(
            model_name="revision",
            index=models.Index(condition=models.Q(("act", "rerate")), fields=["at"], name="revision_rerated"),
        ),
    ]
