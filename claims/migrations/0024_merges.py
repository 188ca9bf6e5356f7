from django.conf import settings
from django.db import migrations, models

# The address of a row that was merged leads to the other row. So no new row can take its slug, whatever writes it.
RETIRED = """
CREATE FUNCTION claims_refuse_merged_slug() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM claims_namechange
        WHERE kind = TG_ARGV[0] AND slug = NEW.slug AND "into" <> '' AND state IN ('accepted', 'done')
    ) THEN
        RAISE EXCEPTION 'the % with the slug % was merged into another', TG_ARGV[0], NEW.slug
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'slug_is_not_that_of_a_merged_row';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claimant_slug_is_free BEFORE INSERT OR UPDATE OF slug ON claims_claimant
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_merged_slug('claimant');
CREATE TRIGGER topic_slug_is_free BEFORE INSERT OR UPDATE OF slug ON claims_topic
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_merged_slug('topic');
CREATE TRIGGER source_slug_is_free BEFORE INSERT OR UPDATE OF slug ON sources_source
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_merged_slug('source');
CREATE TRIGGER publisher_slug_is_free BEFORE INSERT OR UPDATE OF slug ON sources_publisher
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_merged_slug('publisher');
"""
FREE = """
DROP TRIGGER claimant_slug_is_free ON claims_claimant;
DROP TRIGGER topic_slug_is_free ON claims_topic;
DROP TRIGGER source_slug_is_free ON sources_source;
DROP TRIGGER publisher_slug_is_free ON sources_publisher;
DROP FUNCTION claims_refuse_merged_slug();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0023_changes_of_protected_sources"),
        ("sources", "0012_files_of_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="namechange",
            name="into",
            field=models.SlugField(blank=True, db_index=False, help_text="What it was merged into.", max_length=100),
        ),
        migrations.AddField(
            model_name="namechange",
            name="moved",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="namechange",
            name="undoes",
            field=models.PositiveIntegerField(
                help_text="The number of the merge of this name that it undoes.", null=True
            ),
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
                    ("claim.rerated", "Rating changed"),
                    ("claim.renamed", "A name in it was changed"),
                    ("claim.withdrawn", "Withdrawn"),
                    ("claim.redacted", "Text of earlier versions removed"),
                    ("claim.declined", "Declined"),
                    ("claim.name-changed", "A name in it was changed at the desk"),
                    ("claim.name-agreed", "A name in it was changed by two people"),
                    ("claim.merged", "Merged with another claim"),
                    ("claim.parted", "A merge with another claim was undone"),
                    ("claim.reopened", "Back in review: it differs from what was approved"),
                    ("claim.loaded", "Loaded from a file"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="namechange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("claimant", "Person or outlet"),
                    ("topic", "Topic"),
                    ("rating", "Rating"),
                    ("scale", "Rating scale"),
                    ("source", "Source"),
                    ("publisher", "Publisher"),
                    ("claim", "Claim"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="namechange",
            name="state",
            field=models.CharField(
                choices=[
                    ("proposed", "Waiting for a second person"),
                    ("accepted", "Being published"),
                    ("done", "Done"),
                    ("declined", "Declined"),
                    ("undone", "Undone"),
                ],
                default="proposed",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="namechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("into", ""), _negated=True), ("state__in", ("accepted", "done"))),
                fields=("kind", "slug"),
                name="name_change_merged_once",
                violation_error_message="This was merged already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="namechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("into", models.F("slug")), _negated=True),
                name="name_change_merges_two",
                violation_error_message="Choose two different rows.",
            ),
        ),
        migrations.RunSQL(RETIRED, FREE),
    ]
