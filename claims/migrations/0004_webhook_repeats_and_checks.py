from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

KEY_FORMAT = r"^whsec_([A-Za-z0-9+/]{4}){8,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
ADDRESS_FORMAT = r"^https?://([^][/?#@:\\[:space:][:cntrl:]]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?([/?#]|$)"


def note_arrivals(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Messages that were delivered, and those whose last attempt has no outcome because the sender was killed."""
    deliveries = apps.get_model("claims", "Delivery").objects
    has_no_outcome = Q(attempts__gt=0, last_error="", last_status=None)
    deliveries.filter(Q(state="delivered") | has_no_outcome).update(possible_arrivals=1)


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_approvals_and_name_changes")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="possible_arrivals",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="times it may have arrived"),
        ),
        migrations.RunPython(note_arrivals, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.CheckConstraint(
                name="subscriber_secret_is_a_key",
                condition=Q(secret__regex=KEY_FORMAT) & (Q(old_secret="") | Q(old_secret__regex=KEY_FORMAT)),
                violation_error_message="This secret isn't a key. Give the subscriber a new secret.",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.CheckConstraint(
                name="subscriber_address_has_a_host",
                condition=Q(address__iregex=ADDRESS_FORMAT),
                violation_error_message="Nothing can be sent to this address. Enter one with a host, as in https://example.org/.",
            ),
        ),
    ]
