import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
from django.db import migrations, models

SAYS_THE_SAME = """
CREATE OR REPLACE FUNCTION claims_check_public_columns(checked bigint) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    shown claims_publishedclaim;
    newest record;
    said jsonb;
    articles jsonb;
    first_day text;
    differing text;
BEGIN
    SELECT * INTO shown FROM claims_publishedclaim WHERE claim_id = checked;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT body, at INTO newest FROM claims_revision WHERE id = shown.revision_id;
    said := newest.body::jsonb;
    articles := jsonb_path_query_array(said, '$.appearances[*].source');
    -- 2025 and 2025-06 begin on 2025-01-01 and 2025-06-01.
    first_day := nullif(said->>'claimed_on', '') || substr('0000-01-01', length(said->>'claimed_on') + 1);
    SELECT string_agg(name, ', ') INTO differing FROM (VALUES
        ('slug', shown.slug = said->>'slug'),
        ('statement', shown.statement = said->>'statement'),
        ('headline', shown.headline = coalesce(said->>'headline', '')),
        ('summary', shown.summary = said->>'summary'),
        ('notice', shown.notice = said->>'notice'),
        ('kind', shown.kind = said->>'kind'),
        ('language', shown.language = said->>'language'),
        ('rating', shown.rating = said->'rating'->>'slug'),
        ('rating_label', shown.rating_label = said->'rating'->>'label'),
        ('rating_value', shown.rating_value IS NOT DISTINCT FROM (said->'rating'->>'value')::int),
        ('claimant', shown.claimant = coalesce(said->'claimant'->>'slug', '')),
        ('claimant_name', shown.claimant_name = coalesce(said->'claimant'->>'name', '')),
        ('attributed', claims_same_names(
            shown.attributed, jsonb_path_query_array(said, '$.appearances[*].attributed_to.slug'))),
        ('topics', to_jsonb(shown.topics) = jsonb_path_query_array(said, '$.topics[*].slug')),
        ('articles', claims_same_names(shown.articles, jsonb_path_query_array(articles, '$[*].slug'))),
        ('outlets', claims_same_names(shown.outlets, jsonb_path_query_array(articles, '$[*].publisher.slug'))),
        ('sources', claims_same_names(
            shown.sources,
            jsonb_path_query_array(articles, '$[*].slug')
                || jsonb_path_query_array(said, '$.evidence[*].source.slug')
        )),
        ('parts', to_jsonb(shown.parts) = coalesce(said->'parts', '[]')),
        ('supports', shown.supports = jsonb_array_length(
            jsonb_path_query_array(said, '$.evidence[*] ? (@.stance == "supports")'))),
        ('refutes', shown.refutes = jsonb_array_length(
            jsonb_path_query_array(said, '$.evidence[*] ? (@.stance == "refutes")'))),
        ('claimed_from', shown.claimed_from IS NOT DISTINCT FROM first_day::date),
        ('claimed_until', shown.claimed_until IS NOT DISTINCT FROM (first_day::date + CASE length(said->>'claimed_on')
            WHEN 4 THEN interval '1 year - 1 day' WHEN 7 THEN interval '1 month - 1 day' ELSE interval '0' END)::date),
        ('first_published_at', shown.first_published_at =
            (SELECT at FROM claims_revision WHERE claim_id = checked AND number = 1)),
        ('revised_at', shown.revised_at = newest.at),
        ('is_corrected', shown.is_corrected = EXISTS (
            SELECT FROM claims_correction JOIN claims_revision ON claims_revision.id = revision_id
            WHERE claim_id = checked))
    ) AS compared (name, is_same) WHERE is_same IS NOT TRUE;
    IF differing IS NOT NULL THEN
        RAISE EXCEPTION 'claim %: readers find it by another % than its newest version has', shown.slug, differing
            USING ERRCODE = 'check_violation', CONSTRAINT = 'public_row_says_what_the_newest_version_says',
                HINT = 'Change what readers find with the acts of the workflow.';
    END IF;
END $$;
"""
PARTS = """        ('parts', to_jsonb(shown.parts) = coalesce(said->'parts', '[]')),
"""
SAID_THE_SAME = SAYS_THE_SAME.replace(PARTS, "")


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0020_decisions_about_matches"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, help_text="Place in the claim's list, from 0.")),
            ],
            options={
                "ordering": ["claim", "order"],
            },
        ),
        migrations.AddField(
            model_name="claim",
            name="parts_rule",
            field=models.TextField(
                blank=True,
                help_text="If the claim has parts with ratings of their own: what they mean for the whole. Readers see it.",
                verbose_name="how the rating follows from the parts",
            ),
        ),
        migrations.AddField(
            model_name="publishedclaim",
            name="parts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SlugField(max_length=100), default=list, size=None
            ),
        ),
        migrations.RunSQL(SAYS_THE_SAME, SAID_THE_SAME),
        migrations.AddField(
            model_name="claimpart",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="claims.claim"
            ),
        ),
        migrations.AddField(
            model_name="claimpart",
            name="part",
            field=models.ForeignKey(
                help_text="A claim of its own, with its own rating.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="wholes",
                to="claims.claim",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimpart",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("claim", "order"),
                name="part_order_once_per_claim",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimpart",
            constraint=models.UniqueConstraint(
                fields=("claim", "part"),
                name="part_once_per_claim",
                violation_error_message="This claim is listed as a part already. Remove one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("claim", models.F("part")), _negated=True),
                name="part_is_another_claim",
                violation_error_message="A claim can't be a part of itself. Choose another claim.",
            ),
        ),
    ]
