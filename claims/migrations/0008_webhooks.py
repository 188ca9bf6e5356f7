import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import claims.models.webhook
import factcheck.core.addresses


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0007_parts_of_published_claims"),
    ]

    operations = [
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "address",
                    factcheck.core.addresses.AddressField(
                        help_text="Messages are sent to it by POST. https keeps them from being read on the way.",
                        max_length=2000,
                    ),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("claim.published", "Published"),
                                ("claim.corrected", "Corrected"),
                                ("claim.rerated", "Rating changed"),
                                ("claim.revised", "Name changed or redacted"),
                                ("claim.withdrawn", "Withdrawn"),
                                ("webhook.test", "Test message"),
                            ],
                            max_length=30,
                        ),
                        default=claims.models.webhook.announced,
                        size=None,
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="One that is not is told nothing, nor later of what happens meanwhile.",
                        verbose_name="active",
                    ),
                ),
                (
                    "secret",
                    models.CharField(
                        default=claims.models.webhook.new_secret,
                        editable=False,
                        help_text="Give it to the receiver, and to nobody else: who has it can sign in our name.",
                        max_length=100,
                    ),
                ),
                ("old_secret", models.CharField(blank=True, editable=False, max_length=100)),
                ("old_secret_until", models.DateTimeField(editable=False, null=True)),
                ("failures", models.PositiveIntegerField(default=0, editable=False, verbose_name="failures in a row")),
                ("resting_until", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("events", []), _negated=True),
                        name="subscriber_hears_of_something",
                        violation_error_message="Choose at least one event.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("old_secret", ""), ("old_secret_until__isnull", False), _connector="OR"),
                        name="subscriber_old_secret_ends",
                        violation_error_message="A secret that was replaced is taken for a limited time.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "message_id",
                    models.CharField(default=claims.models.webhook.new_message_id, max_length=40, unique=True),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("claim.published", "Published"),
                            ("claim.corrected", "Corrected"),
                            ("claim.rerated", "Rating changed"),
                            ("claim.revised", "Name changed or redacted"),
                            ("claim.withdrawn", "Withdrawn"),
                            ("webhook.test", "Test message"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("given-up", "Given up")],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_status", models.PositiveSmallIntegerField(null=True, verbose_name="last answer")),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="what went wrong")),
                ("delivered_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "revision",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="claims.revision"
                    ),
                ),
                (
                    "subscriber",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="claims.subscriber"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["subscriber", "next_attempt_at"],
                        name="delivery_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("subscriber", "revision"), name="delivery_once_per_revision"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("event", "webhook.test"), ("revision__isnull", True)),
                            models.Q(models.Q(("event", "webhook.test"), _negated=True), ("revision__isnull", False)),
                            _connector="OR",
                        ),
                        name="delivery_of_a_revision_or_a_test",
                        violation_error_message="A message tells of a revision, unless it is a test.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                            models.Q(models.Q(("state", "delivered"), _negated=True), ("delivered_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="delivery_that_arrived_has_its_time",
                        violation_error_message="A delivered message has the time of its delivery, and no other has one.",
                    ),
                ],
            },
        ),
    ]
