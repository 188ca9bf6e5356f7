import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Rows younger than 90 days stay, whoever asks; `manage.py prune_security_events` deletes older ones.
TRIGGERS = """
CREATE FUNCTION accounts_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a security event is never updated, and not deleted in its first 90 days'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER security_event_only_grows_update BEFORE UPDATE ON accounts_securityevent FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION accounts_refuse_event_change();
CREATE TRIGGER security_event_only_grows_delete BEFORE DELETE ON accounts_securityevent FOR EACH ROW
    WHEN (OLD.at > now() - interval '90 days') EXECUTE FUNCTION accounts_refuse_event_change();
"""
BACK = """
DROP TRIGGER security_event_only_grows_update ON accounts_securityevent;
DROP TRIGGER security_event_only_grows_delete ON accounts_securityevent;
DROP FUNCTION accounts_refuse_event_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_signatures_and_confirmation"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sign-in", "Signed in"),
                            ("sign-in-failed", "Sign-in failed"),
                            ("sign-in-limited", "Too many sign-ins"),
                            ("sign-out", "Signed out"),
                            ("password", "Password set"),
                            ("invitation", "Person invited"),
                            ("link", "New link made"),
                            ("confirmation", "Person confirmed"),
                            ("role", "Role changed"),
                            ("activation", "Person activated"),
                            ("deactivation", "Person deactivated"),
                            ("names", "Names changed"),
                            ("approve", "Claim approved"),
                            ("publish", "Claim published"),
                            ("correct", "Claim corrected"),
                            ("rerate", "Claim rerated"),
                            ("withdraw", "Claim withdrawn"),
                            ("redact", "Claim redacted"),
                            ("rename", "Change of a name accepted"),
                            ("export", "Data exported"),
                            ("refused", "Refused"),
                            ("refused-address", "Outgoing address refused"),
                            ("unexpected-fields", "Unexpected form fields"),
                        ],
                        db_index=True,
                        max_length=30,
                    ),
                ),
                ("actor_name", models.CharField(blank=True, max_length=150, verbose_name="user name")),
                ("network", models.CharField(blank=True, max_length=50)),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request")),
                ("about", models.CharField(blank=True, max_length=200)),
                ("facts", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "security event",
                "ordering": ["-pk"],
                "default_permissions": ["view"],
            },
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
