import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import claims.models.webhook
import factcheck.core.fields.addresses
import factcheck.core.fields.dates


class Migration(migrations.Migration):
    initial = True
    # The set that was used before the first release. A database that has all ten of them has all that is here.
    replaces = [
        ("claims", "0001_claims_and_record"),
        ("claims", "0003_default_ratings"),
        ("claims", "0004_roles"),
        ("claims", "0005_search"),
        ("claims", "0006_redaction"),
        ("claims", "0007_parts_of_published_claims"),
        ("claims", "0008_webhooks"),
        ("claims", "0009_webhook_roles"),
        ("claims", "0010_last_public_act"),
    ]

    dependencies = [
        ("sources", "0001_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Claimant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(help_text="The name in addresses. Fixed once used.", max_length=100, unique=True),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("publication", "Publication"),
                            ("government-agency", "Government body"),
                            ("party", "Political party"),
                            ("advocacy-group", "Advocacy group"),
                            ("think-tank", "Think tank"),
                            ("company", "Company"),
                            ("other", "Other"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True, help_text="Shown to readers: “Mayor of Denver since 2023”.", max_length=300
                    ),
                ),
                (
                    "wikidata",
                    factcheck.core.fields.addresses.AddressField(
                        blank=True,
                        help_text="https://www.wikidata.org/wiki/Q…",
                        max_length=2000,
                        verbose_name="Wikidata address",
                    ),
                ),
                ("note", models.TextField(blank=True, help_text="For the desk only.", verbose_name="desk note")),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name"), "slug"],
            },
        ),
        migrations.CreateModel(
            name="PublishedClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=100, unique=True)),
                ("statement", models.TextField()),
                ("summary", models.TextField()),
                ("notice", models.CharField(blank=True, max_length=300)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("statistic", "Statistic"),
                            ("event", "Event"),
                            ("quote-attribution", "Quote attribution"),
                            ("legal-policy", "Law or policy"),
                            ("causal", "Cause and effect"),
                            ("prediction-opinion", "Prediction or opinion"),
                            ("other", "Other"),
                        ],
                        max_length=30,
                    ),
                ),
                ("language", models.CharField(max_length=20)),
                ("rating", models.SlugField(max_length=100)),
                ("rating_label", models.CharField(max_length=100)),
                ("rating_value", models.PositiveSmallIntegerField(null=True)),
                ("claimant", models.SlugField(blank=True, max_length=100)),
                ("claimant_name", models.CharField(blank=True, max_length=200)),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=100), size=None),
                ),
                (
                    "articles",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=100), size=None),
                ),
                (
                    "outlets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=100), size=None),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=100), size=None),
                ),
                ("supports", models.PositiveSmallIntegerField()),
                ("refutes", models.PositiveSmallIntegerField()),
                ("origins", models.PositiveSmallIntegerField()),
                (
                    "claimed_from",
                    models.DateField(help_text="The first day on which it may have been made.", null=True),
                ),
                (
                    "claimed_until",
                    models.DateField(help_text="The last day on which it may have been made.", null=True),
                ),
                ("first_published_at", models.DateTimeField()),
                ("revised_at", models.DateTimeField()),
                ("is_corrected", models.BooleanField()),
            ],
            options={
                "ordering": ["-first_published_at", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(help_text="The name in addresses. Fixed once used.", max_length=100, unique=True),
                ),
                ("label", models.CharField(help_text="What readers see: “Mostly false”.", max_length=100)),
                ("definition", models.TextField(help_text="Shown to readers: when this rating is given.")),
                ("on_scale", models.BooleanField(default=True)),
                (
                    "value",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Between the scale's worst and best. Empty off the scale.",
                        null=True,
                        verbose_name="number",
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Place in lists.")),
            ],
            options={
                "ordering": ["scale", "order", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Stem",
            fields=[
                ("hash", models.IntegerField(primary_key=True, serialize=False)),
                ("claims", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(help_text="The name in addresses. Fixed once used.", max_length=100, unique=True),
                ),
                ("name", models.CharField(max_length=200, unique=True)),
                ("description", models.TextField(blank=True, help_text="Shown to readers on the topic's page.")),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name")],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        help_text="The name in addresses. Made from the claim when empty.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                (
                    "statement",
                    models.TextField(
                        help_text="In neutral words of our own, one checkable statement.", verbose_name="claim"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("statistic", "Statistic"),
                            ("event", "Event"),
                            ("quote-attribution", "Quote attribution"),
                            ("legal-policy", "Law or policy"),
                            ("causal", "Cause and effect"),
                            ("prediction-opinion", "Prediction or opinion"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=30,
                    ),
                ),
                ("checkable", models.BooleanField(default=True)),
                (
                    "why_not_checkable",
                    models.TextField(blank=True, help_text="Required when it cannot be checked. Shown to readers."),
                ),
                (
                    "claimed_on",
                    factcheck.core.fields.dates.PartialDateField(
                        blank=True,
                        help_text="2025-06-21, or 2025-06 or 2025 when no more is known.",
                        max_length=10,
                        verbose_name="made on",
                    ),
                ),
                (
                    "date_note",
                    models.CharField(blank=True, help_text="What is known of the date, for readers.", max_length=300),
                ),
                (
                    "places",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Separated by commas: Denver, Colorado.",
                        size=None,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        default="en",
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z",
                                "Write the language as a tag: en, es, pt-BR (BCP 47).",
                            )
                        ],
                    ),
                ),
                (
                    "selection_reason",
                    models.TextField(blank=True, help_text="Shown to readers.", verbose_name="why we chose it"),
                ),
                ("summary", models.TextField(blank=True, help_text="The short answer, in one or two sentences.")),
                ("explanation", models.TextField(blank=True, help_text="Why, in Markdown.")),
                (
                    "method",
                    models.TextField(
                        blank=True, help_text="In Markdown. Shown to readers.", verbose_name="how it was checked"
                    ),
                ),
                (
                    "missing",
                    models.TextField(
                        blank=True, help_text="One item a line. Shown to readers.", verbose_name="what is missing"
                    ),
                ),
                (
                    "notice",
                    models.CharField(
                        blank=True,
                        help_text="A caution that stands beside the verdict wherever readers see it, such as where it came from.",
                        max_length=300,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("researching", "Researching"),
                            ("in-review", "In review"),
                            ("approved", "Approved"),
                            ("published", "Published"),
                            ("corrected", "Corrected"),
                            ("withdrawn", "Withdrawn"),
                            ("declined", "Declined"),
                        ],
                        default="logged",
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("approved_by", models.CharField(blank=True, editable=False, max_length=300)),
                ("approved_alone", models.BooleanField(default=False, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("logged_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "approver",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="assigned_claims",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claimant",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who makes the claim. Empty when nobody is known; never a made-up author.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.claimant",
                    ),
                ),
                (
                    "rating",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="claims.rating",
                    ),
                ),
                ("topics", models.ManyToManyField(blank=True, related_name="claims", to="claims.topic")),
            ],
            options={
                "ordering": ["-logged_at", "-pk"],
                "permissions": [
                    ("change_any_claim", "Can change claims of others"),
                    ("assign_claim", "Can assign claims"),
                    ("submit_claim", "Can submit claims for review"),
                    ("send_back_claim", "Can send claims back"),
                    ("approve_claim", "Can approve claims"),
                    ("publish_claim", "Can publish, correct and rerate claims"),
                    ("withdraw_claim", "Can withdraw published claims"),
                    ("redact_claim", "Can redact earlier versions of published claims"),
                    ("decline_claim", "Can decline claims"),
                    ("rename_in_record", "Can change names that readers see"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimFacets",
            fields=[
                (
                    "published",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="facets",
                        serialize=False,
                        to="claims.publishedclaim",
                    ),
                ),
                ("facets", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                "verbose_name_plural": "claim facets",
            },
        ),
        migrations.AddField(
            model_name="publishedclaim",
            name="claim",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="published", to="claims.claim"
            ),
        ),
        migrations.CreateModel(
            name="Facet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rating", "Rating"),
                            ("topic", "Topic"),
                            ("claimant", "Claimant"),
                            ("outlet", "Outlet"),
                            ("kind", "Kind of claim"),
                            ("year", "Year it was made"),
                            ("language", "Language"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", models.CharField(max_length=100)),
                ("claims", models.IntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "-claims", "value"], name="facet_by_claims")],
                "constraints": [models.UniqueConstraint(fields=("kind", "value"), name="facet_once")],
            },
        ),
        migrations.CreateModel(
            name="IndexEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rating", "Rating"),
                            ("claimant", "Claimant"),
                            ("topic", "Topic"),
                            ("article", "Article"),
                            ("outlet", "Outlet"),
                            ("source", "Source"),
                        ],
                        max_length=20,
                    ),
                ),
                ("slug", models.SlugField(max_length=100)),
                ("name", models.CharField(max_length=500)),
                ("sort_key", models.CharField(max_length=500)),
                ("body", models.JSONField()),
            ],
            options={
                "verbose_name_plural": "index entries",
                "ordering": ["kind", "sort_key", "slug"],
                "indexes": [models.Index(fields=["kind", "sort_key", "slug"], name="entry_by_name")],
                "constraints": [models.UniqueConstraint(fields=("kind", "slug"), name="entry_once")],
            },
        ),
        migrations.CreateModel(
            name="RatingScale",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=100, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "worst",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="The number of the rating furthest from true."
                    ),
                ),
                (
                    "best",
                    models.PositiveSmallIntegerField(default=5, help_text="The number of the rating nearest to true."),
                ),
            ],
            options={
                "ordering": ["slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("best__gt", models.F("worst")), ("worst__gte", 1)),
                        name="rating_scale_rises_from_one",
                        violation_error_message="The worst number is 1 or more, and the best is greater than the worst.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="rating",
            name="scale",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="ratings", to="claims.ratingscale"
            ),
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(db_index=False, max_length=100)),
                ("number", models.PositiveIntegerField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("publish", "Published"),
                            ("correct", "Corrected"),
                            ("rerate", "Rating changed"),
                            ("rename", "Name changed"),
                            ("withdraw", "Withdrawn"),
                            ("republish", "Published again"),
                            ("redact", "Earlier versions redacted"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="For readers.")),
                ("signed_by", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("body", models.TextField(help_text="The complete public state, canonical JSON (RFC 8785).")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="claims.claim"
                    ),
                ),
            ],
            options={
                "ordering": ["slug", "number"],
            },
        ),
        migrations.AddField(
            model_name="publishedclaim",
            name="revision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="claims.revision"
            ),
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("minor", "Minor correction"),
                            ("update", "Update"),
                            ("substantial", "Substantial correction"),
                            ("void", "Withdrawal"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("rating_before", models.CharField(max_length=100)),
                ("rating_after", models.CharField(blank=True, help_text="Empty for a withdrawal.", max_length=100)),
                ("at", models.DateTimeField()),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="correction", to="claims.revision"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "address",
                    factcheck.core.fields.addresses.AddressField(
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
            },
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("claims", models.IntegerField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="word_resembles", opclasses=["gin_trgm_ops"]
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Appearance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")),
                (
                    "exact",
                    models.TextField(
                        blank=True, help_text="A short quote, letter by letter.", verbose_name="exact words"
                    ),
                ),
                ("prefix", models.CharField(blank=True, max_length=200, verbose_name="words before")),
                ("suffix", models.CharField(blank=True, max_length=200, verbose_name="words after")),
                (
                    "locator",
                    models.CharField(blank=True, help_text="Where in it: paragraph 14, page 3, 12:40.", max_length=200),
                ),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="A number that sorts the article's claims: paragraph, page or second.",
                        verbose_name="reading order",
                    ),
                ),
                (
                    "appeared_on",
                    factcheck.core.fields.dates.PartialDateField(
                        blank=True,
                        help_text="When it was said or printed there, if known.",
                        max_length=10,
                        verbose_name="date",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appearances",
                        to="sources.source",
                        verbose_name="article",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appearances", to="claims.claim"
                    ),
                ),
            ],
            options={
                "ordering": ["claim", "order"],
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("claim", "order"),
                        name="appearance_order_once_per_claim",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Affiliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(help_text="Shown to readers: a party, a ministry, a company.", max_length=200),
                ),
                (
                    "started",
                    factcheck.core.fields.dates.PartialDateField(
                        blank=True, help_text="2025-06-21, 2025-06 or 2025; empty when unknown.", max_length=10
                    ),
                ),
                (
                    "ended",
                    factcheck.core.fields.dates.PartialDateField(
                        blank=True, help_text="Empty while it lasts.", max_length=10
                    ),
                ),
                (
                    "claimant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="affiliations", to="claims.claimant"
                    ),
                ),
            ],
            options={
                "ordering": ["started", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("claimant", "name", "started"), name="affiliation_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended", ""),
                            (
                                "ended__gte",
                                django.db.models.functions.text.Left(
                                    "started", django.db.models.functions.text.Length("ended")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="affiliation_ends_after_its_start",
                        violation_error_message="An affiliation cannot end before it starts.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(help_text="The claim's version after the act.")),
                (
                    "kind",
                    models.CharField(
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
                        ],
                        max_length=30,
                    ),
                ),
                ("actor_name", models.CharField(max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logged", "Logged"),
                            ("researching", "Researching"),
                            ("in-review", "In review"),
                            ("approved", "Approved"),
                            ("published", "Published"),
                            ("corrected", "Corrected"),
                            ("withdrawn", "Withdrawn"),
                            ("declined", "Declined"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("researching", "Researching"),
                            ("in-review", "In review"),
                            ("approved", "Approved"),
                            ("published", "Published"),
                            ("corrected", "Corrected"),
                            ("withdrawn", "Withdrawn"),
                            ("declined", "Declined"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="claims.claim"
                    ),
                ),
            ],
            options={
                "ordering": ["claim", "version"],
                "constraints": [models.UniqueConstraint(fields=("claim", "version"), name="event_once_per_version")],
            },
        ),
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "published",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="claims.publishedclaim",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(help_text="Of the clean-up that made the words.")),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), help_text="Its stems, hashed, each once.", size=None
                    ),
                ),
                (
                    "weights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(),
                        help_text="How often each word stands there, in halves.",
                        size=None,
                    ),
                ),
                ("length", models.PositiveIntegerField(help_text="The sum of the weights.")),
                (
                    "text",
                    models.TextField(help_text="All words in their order, a line for each field, for quoted phrases."),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["words"], name="search_words")
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")),
                (
                    "stance",
                    models.CharField(
                        choices=[
                            ("supports", "Supports"),
                            ("refutes", "Refutes"),
                            ("mixed", "Mixed"),
                            ("context", "Context"),
                        ],
                        max_length=20,
                    ),
                ),
                ("finding", models.TextField(help_text="What it says to the claim, in our words.")),
                ("quote", models.TextField(blank=True, help_text="Letter by letter.", verbose_name="quoted passage")),
                (
                    "locator",
                    models.CharField(
                        blank=True, help_text="Where in it: page 3, table 2, section 28-250.", max_length=200
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        help_text="Where the information comes from. Two reports of one statement share one origin.",
                        max_length=300,
                    ),
                ),
                (
                    "origin_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower(
                            django.db.models.functions.text.Trim("origin")
                        ),
                        output_field=models.CharField(max_length=300),
                    ),
                ),
                (
                    "is_primary",
                    models.BooleanField(
                        default=True, help_text="The thing itself, not a report of it.", verbose_name="primary"
                    ),
                ),
                (
                    "secondary_reason",
                    models.CharField(
                        blank=True,
                        help_text="Required when it is not primary. Shown to readers.",
                        max_length=500,
                        verbose_name="why secondary",
                    ),
                ),
                ("note", models.TextField(blank=True, help_text="A caution for readers, such as “reports on itself”.")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="claims.claim"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="sources.source"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ["claim", "order"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_primary", True),
                            models.Q(("secondary_reason", models.Value("")), _negated=True),
                            _connector="OR",
                        ),
                        name="evidence_says_why_secondary",
                        violation_error_message="Say why a secondary source is used.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin", ""), _negated=True),
                        name="evidence_names_its_origin",
                        violation_error_message="Say where the information comes from.",
                    ),
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("claim", "order"),
                        name="evidence_order_once_per_claim",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_scale", True), ("value__isnull", False)),
                    models.Q(("on_scale", False), ("value__isnull", True)),
                    _connector="OR",
                ),
                name="rating_number_only_on_scale",
                violation_error_message="A rating on the scale needs a number; one off the scale has none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("scale", "value"),
                name="rating_number_once_per_scale",
                violation_error_message="Another rating of this scale has that number.",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("claim", "number"), name="revision_number_once_per_claim"),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("slug", "number"), name="revision_number_once_per_address"),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)),
                name="revision_numbers_from_one",
                violation_error_message="Revisions are counted from one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", 1), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="revision_after_the_first_has_a_reason",
                violation_error_message="Tell readers why this changes.",
            ),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(fields=["-first_published_at", "slug"], name="published_newest"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(fields=["revised_at", "slug"], name="published_last_act"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(fields=["rating", "-first_published_at"], name="published_by_rating"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(fields=["claimant", "-first_published_at"], name="published_by_claimant"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(
                models.OrderBy(models.F("claimed_from"), descending=True, nulls_last=True),
                models.F("slug"),
                name="published_newest_claim",
            ),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=models.Index(
                django.db.models.expressions.CombinedExpression(models.F("id"), "/", models.Value(2500)),
                models.OrderBy(models.F("revised_at"), descending=True),
                name="published_part",
            ),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["topics"], name="published_topics"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["articles"], name="published_articles"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["outlets"], name="published_outlets"),
        ),
        migrations.AddIndex(
            model_name="publishedclaim",
            index=django.contrib.postgres.indexes.GinIndex(fields=["sources"], name="published_sources"),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["-at"], name="correction_newest"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="correction_gives_its_reason",
                violation_error_message="Tell readers why this changes.",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["subscriber", "next_attempt_at"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("subscriber", "revision"), name="delivery_once_per_revision"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event", "webhook.test"), ("revision__isnull", True)),
                    models.Q(models.Q(("event", "webhook.test"), _negated=True), ("revision__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_of_a_revision_or_a_test",
                violation_error_message="A message tells of a revision, unless it is a test.",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                    models.Q(models.Q(("state", "delivered"), _negated=True), ("delivered_at__isnull", True)),
                    _connector="OR",
                ),
                name="delivery_that_arrived_has_its_time",
                violation_error_message="A delivered message has the time of its delivery, and no other has one.",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["state", "-logged_at"], name="claim_by_state"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["-logged_at"], name="claim_by_age"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("statement", ""), _negated=True),
                name="claim_has_a_statement",
                violation_error_message="Write down what is claimed.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checkable", True), models.Q(("why_not_checkable", ""), _negated=True), _connector="OR"
                ),
                name="claim_says_why_not_checkable",
                violation_error_message="Say why this claim cannot be checked.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("approved", "published", "corrected")), _negated=True),
                    models.Q(
                        ("rating__isnull", False),
                        models.Q(("summary", ""), _negated=True),
                        models.Q(("explanation", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="claim_approved_with_rating_and_text",
                violation_error_message="An approved claim needs a rating, a summary and an explanation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("approved", "published", "corrected")), _negated=True),
                    models.Q(("approved_by", ""), _negated=True),
                    _connector="OR",
                ),
                name="claim_approval_is_signed",
                violation_error_message="An approval names the person who gave it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approver__isnull", True),
                    models.Q(("approver", models.F("author")), _negated=True),
                    ("approved_alone", True),
                    _connector="OR",
                ),
                name="claim_approved_by_another",
                violation_error_message="Another person than the author approves a claim.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)),
                name="claim_version_counts_from_one",
                violation_error_message="A claim's versions are counted from one.",
            ),
        ),
        # Search reads the arrays of up to 10,000 rows: they stay in the row, and the longest, the text, moves out first.
        migrations.RunSQL("ALTER TABLE claims_searchrow SET (toast_tuple_target = 4080)", migrations.RunSQL.noop),
    ]
