import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GROWING = {"claims_approval": "approval_only_grows"}


# Claims of before, whose events don't begin with their logging, were loaded from a file.
LOADED = """
    INSERT INTO claims_claimevent (claim_id, version, kind, actor_name, at, from_state, to_state, note)
    SELECT claim.id, coalesce(first.version - 1, claim.version), 'claim.loaded', 'a loaded file',
        least(claim.logged_at, first.at), '', coalesce(first.from_state, claim.state), ''
    FROM claims_claim AS claim
    LEFT JOIN LATERAL (
        SELECT version, from_state, kind, at FROM claims_claimevent WHERE claim_id = claim.id ORDER BY version LIMIT 1
    ) AS first ON true
    WHERE first.kind IS DISTINCT FROM 'claim.logged' AND coalesce(first.version, 2) > 1
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0002_guards_of_the_record"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="approved_by_id",
            field=models.CharField(
                blank=True, editable=False, max_length=12, verbose_name="initials of who approved it"
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="signed_by_id",
            field=models.CharField(blank=True, max_length=12, verbose_name="initials of who signed it"),
        ),
        migrations.AddField(
            model_name="revision",
            name="proposed_by",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="revision",
            name="proposed_by_id",
            field=models.CharField(blank=True, max_length=12, verbose_name="initials of who proposed it"),
        ),
        migrations.AlterField(
            model_name="claimevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("claim.logged", "Logged"),
                    ("claim.edited", "Edited"),
                    ("claim.assigned", "Assigned"),
                    ("claim.started", "Research started"),
                    ("claim.submitted", "Submitted for review"),
                    ("claim.sent-back", "Sent back"),
                    ("claim.approved", "Approved"),
                    ("claim.published", "Published"),
                    ("claim.corrected", "Corrected"),
                    ("claim.rerated", "Rerated"),
                    ("claim.renamed", "A name it shows was changed"),
                    ("claim.withdrawn", "Withdrawn"),
                    ("claim.redacted", "Earlier versions redacted"),
                    ("claim.declined", "Declined"),
                    ("claim.name-changed", "A name it shows was changed at the desk"),
                    ("claim.name-agreed", "A name it shows was changed by two people"),
                    ("claim.reopened", "Back in review: it differs from what was approved"),
                    ("claim.loaded", "Loaded from a file"),
                ],
                max_length=30,
            ),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.PositiveIntegerField(
                        help_text="The claim's version after the approval, as its event has it."
                    ),
                ),
                (
                    "alone",
                    models.BooleanField(
                        default=False, help_text="Who approved had written in the claim too: a desk of one."
                    ),
                ),
                ("digest", models.CharField(help_text="SHA-256 of the body.", max_length=64)),
                ("body", models.TextField(help_text="The public body without its signing, canonical JSON (RFC 8785).")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="claims.claim"
                    ),
                ),
            ],
            options={
                "ordering": ["claim", "version"],
                "constraints": [
                    models.UniqueConstraint(fields=("claim", "version"), name="approval_once_per_version"),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")),
                        name="approval_has_a_digest",
                        violation_error_message="An approval has the SHA-256 of what was approved.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("claimant", "Claimant"),
                            ("topic", "Topic"),
                            ("rating", "Rating"),
                            ("scale", "Rating scale"),
                            ("source", "Source"),
                            ("publisher", "Publisher"),
                        ],
                        max_length=20,
                    ),
                ),
                ("slug", models.SlugField(max_length=100)),
                ("number", models.PositiveIntegerField(help_text="Counts the changes of this name from 1.")),
                ("old_values", models.JSONField(default=dict)),
                ("new_values", models.JSONField(default=dict)),
                ("before", models.TextField()),
                ("after", models.TextField()),
                ("reason", models.TextField(help_text="For readers.")),
                (
                    "changes_meaning",
                    models.BooleanField(
                        default=True,
                        help_text="Listed on the corrections page, with the words before and after. A spelling is not.",
                    ),
                ),
                (
                    "words_withheld",
                    models.BooleanField(
                        default=False,
                        help_text="Readers no longer get the words: a claim that showed the name was redacted.",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for a second person"),
                            ("accepted", "Being brought to readers"),
                            ("done", "Done"),
                            ("declined", "Declined"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("proposed_by", models.CharField(max_length=300)),
                ("proposed_by_id", models.CharField(max_length=12, verbose_name="initials of who proposed it")),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_by", models.CharField(blank=True, max_length=300)),
                ("decided_by_id", models.CharField(blank=True, max_length=12, verbose_name="initials of who decided")),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_alone", models.BooleanField(default=False)),
                ("why_declined", models.TextField(blank=True, help_text="For the desk.")),
                (
                    "claims",
                    models.PositiveIntegerField(
                        default=0, help_text="Published claims that showed it when it was accepted."
                    ),
                ),
                (
                    "revised",
                    models.PositiveIntegerField(default=0, help_text="Published claims that were revised so far."),
                ),
                ("position", models.BigIntegerField(default=0, help_text="The last claim that was looked at.")),
                (
                    "decider",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("changes_meaning", True)), fields=["-decided_at"], name="name_change_newest"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "slug", "number"), name="name_change_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("proposed", "accepted"))),
                        fields=("kind", "slug"),
                        name="name_change_one_at_a_time",
                        violation_error_message="Another change of this is under way. Accept or decline that one first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="name_change_gives_its_reason",
                        violation_error_message="Tell readers why this changes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", ""), ("state", "proposed")),
                            models.Q(
                                models.Q(("state", "proposed"), _negated=True),
                                models.Q(("decided_by", ""), _negated=True),
                                models.Q(("decided_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="name_change_decision_is_signed",
                        violation_error_message="A decision names the person who made it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "declined"]),
                            ("decider", None),
                            models.Q(("decider", models.F("proposer")), _negated=True),
                            ("decided_alone", True),
                            _connector="OR",
                        ),
                        name="name_change_accepted_by_another",
                        violation_error_message="Another person than the proposer brings a change to readers.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LOADED, migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                f"CREATE TRIGGER {name}_update BEFORE UPDATE ON {table} FOR EACH ROW "
                "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION claims_refuse_change();"
                for table, name in GROWING.items()
            ]
            + [
                f"CREATE TRIGGER {name}_delete BEFORE DELETE ON {table} FOR EACH ROW "
                "EXECUTE FUNCTION claims_refuse_change();"
                for table, name in {**GROWING, "claims_namechange": "name_change_stays"}.items()
            ],
            [
                "DROP TRIGGER approval_only_grows_update ON claims_approval;",
                "DROP TRIGGER approval_only_grows_delete ON claims_approval;",
                "DROP TRIGGER name_change_stays_delete ON claims_namechange;",
            ],
        ),
    ]
