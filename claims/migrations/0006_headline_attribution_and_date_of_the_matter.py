import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import factcheck.core.fields.dates

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
HEADLINE = """        ('headline', shown.headline = coalesce(said->>'headline', '')),
"""
ATTRIBUTED = """        ('attributed', claims_same_names(
            shown.attributed, jsonb_path_query_array(said, '$.appearances[*].attributed_to.slug'))),
"""
SAID_THE_SAME = SAYS_THE_SAME.replace(HEADLINE, "").replace(ATTRIBUTED, "")

# An entry has the newest schema, unlike a body, which keeps the bytes that were signed.
COMPLETE = """
UPDATE claims_indexentry SET body = '{"summary": ""}'::jsonb || body WHERE kind IN ('article', 'source');
"""
CUT = """
UPDATE claims_indexentry SET body = body - 'summary' WHERE kind IN ('article', 'source');
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_public_rows_follow_the_newest_version")]

    operations = [
        migrations.AddField(
            model_name="appearance",
            name="attributed_to",
            field=models.ForeignKey(
                blank=True,
                help_text="Who said it according to the article, if that isn't the claimant.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appearances",
                to="claims.claimant",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="about_on",
            field=factcheck.core.fields.dates.PartialDateField(
                blank=True,
                help_text="When what it speaks of happened, if that was on another date.",
                max_length=10,
                verbose_name="date it is about",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="headline",
            field=models.CharField(
                blank=True,
                help_text="What you found, in one short true sentence. The heading of the page and its previews; without one, that is the rating with the claim.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="publishedclaim",
            name="attributed",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SlugField(max_length=100), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="publishedclaim",
            name="headline",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="claim",
            name="claimant",
            field=models.ForeignKey(
                blank=True,
                help_text="Who makes the claim. Empty when nobody is known; never a made-up author. Somebody who only said it according to the article belongs to the appearance.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="claims.claimant",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="claimed_on",
            field=factcheck.core.fields.dates.PartialDateField(
                blank=True,
                help_text="When it was said or printed: 2025-06-21, or 2025-06 or 2025 when no more is known.",
                max_length=10,
                verbose_name="made on",
            ),
        ),
        migrations.RunSQL(SAYS_THE_SAME, SAID_THE_SAME),
        migrations.RunSQL(COMPLETE, CUT),
    ]
