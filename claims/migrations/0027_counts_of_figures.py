from django.db import migrations, models

# What public rows count in: one row for each claim and cell.
FIGURES = """
SELECT 'rating' AS figure, to_char(first_published_at AT TIME ZONE 'UTC', 'YYYY-MM') AS "row", rating AS "column"
    FROM {rows}
UNION ALL SELECT 'corrected', '', '' FROM {rows} WHERE is_corrected
UNION ALL SELECT 'topic', topic, rating FROM {rows}, unnest(topics) AS topic
UNION ALL SELECT 'outlet', outlet, rating FROM {rows}, unnest(outlets) AS outlet
UNION ALL SELECT 'days', CASE WHEN claimed_from = claimed_until AND notice = ''
    THEN ((first_published_at AT TIME ZONE 'UTC')::date - claimed_until)::text ELSE '' END, '' FROM {rows}
"""
# What corrections count in, if readers see their claims.
CORRECTIONS = """
SELECT 'correction' AS figure, to_char(correction.at AT TIME ZONE 'UTC', 'YYYY-MM') AS "row",
    correction.kind AS "column"
FROM {corrections} AS correction
JOIN claims_revision AS revision ON revision.id = correction.revision_id
JOIN {rows} AS shown ON shown.claim_id = revision.claim_id
"""
# What versions count in.
EVER = """SELECT 'ever' AS figure, '' AS "row", '' AS "column" FROM {revisions} WHERE number = 1"""

WHAT = 'figure::varchar, "row"::varchar, "column"::varchar'
# In one order, so that transactions which don't hold the lock of the record never wait for each other.
ADD = f"""
INSERT INTO claims_figurecount AS stored (figure, "row", "column", claims)
    SELECT {WHAT}, sum(change) FROM ({{changes}}) AS changed GROUP BY 1, 2, 3 HAVING sum(change) <> 0 ORDER BY 1, 2, 3
ON CONFLICT (figure, "row", "column") DO UPDATE SET claims = stored.claims + EXCLUDED.claims;
"""  # noqa: S608 — texts of ours


def counted(figures: str, change: int) -> str:
    return f"SELECT counted.*, {change} AS change FROM ({figures}) AS counted"  # noqa: S608 — texts of ours


def trigger(name: str, event: str, table: str, tables: str, *changes: str) -> migrations.RunSQL:
    """A trigger that adds these changes to the counts after each statement."""
    return migrations.RunSQL(
        f"""
CREATE FUNCTION claims_{name}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    {ADD.format(changes=" UNION ALL ".join(changes))}
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION claims_{name}();
""",
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION claims_{name}();",
    )


PUBLIC, REVISIONS, ALL_CORRECTIONS = "claims_publishedclaim", "claims_revision", "claims_correction"
RECORD = f"""
CREATE FUNCTION claims_figures() RETURNS TABLE (figure varchar, "row" varchar, "column" varchar, claims bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT {WHAT}, count(*) FROM (
        {FIGURES.format(rows=PUBLIC)} UNION ALL {CORRECTIONS.format(corrections=ALL_CORRECTIONS, rows=PUBLIC)}
        UNION ALL {EVER.format(revisions=REVISIONS)}
    ) AS counted GROUP BY 1, 2, 3
$$;
"""  # noqa: S608 — texts of ours


class Migration(migrations.Migration):
    dependencies = [("claims", "0026_names_that_look_alike")]

    operations = [
        migrations.CreateModel(
            "FigureCount",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                (
                    "figure",
                    models.CharField(
                        max_length=20,
                        choices=[
                            ("rating", "Claims by the month of their first publication and by rating"),
                            ("topic", "Claims by topic and rating"),
                            ("outlet", "Claims by outlet and rating"),
                            ("days", "Claims by the days from the claim to the check"),
                            ("corrected", "Claims that were corrected"),
                            ("correction", "Corrections by month and kind"),
                            ("ever", "Claims that were ever published"),
                        ],
                    ),
                ),
                (
                    "row",
                    models.CharField(max_length=100, blank=True, help_text="A month, a slug, or a number of days."),
                ),
                (
                    "column",
                    models.CharField(
                        max_length=100, blank=True, help_text="The slug of a rating, or a kind of correction."
                    ),
                ),
                ("claims", models.IntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["figure", "row", "column"], name="figure_counted_once")]
            },
        ),
        migrations.RunSQL(RECORD, "DROP FUNCTION claims_figures();"),
        trigger(
            "figures_of_new_public_rows",
            "INSERT",
            PUBLIC,
            "NEW TABLE AS added",
            counted(FIGURES.format(rows="added"), 1),
            counted(CORRECTIONS.format(corrections=ALL_CORRECTIONS, rows="added"), 1),
        ),
        trigger(
            "figures_of_changed_public_rows",
            "UPDATE",
            PUBLIC,
            "OLD TABLE AS before NEW TABLE AS after",
            counted(FIGURES.format(rows="before"), -1),
            counted(FIGURES.format(rows="after"), 1),
        ),
        trigger(
            "figures_of_deleted_public_rows",
            "DELETE",
            PUBLIC,
            "OLD TABLE AS removed",
            counted(FIGURES.format(rows="removed"), -1),
            counted(CORRECTIONS.format(corrections=ALL_CORRECTIONS, rows="removed"), -1),
        ),
        trigger(
            "figures_of_new_corrections",
            "INSERT",
            ALL_CORRECTIONS,
            "NEW TABLE AS added",
            counted(CORRECTIONS.format(corrections="added", rows=PUBLIC), 1),
        ),
        trigger(
            "figures_of_new_versions",
            "INSERT",
            REVISIONS,
            "NEW TABLE AS added",
            counted(EVER.format(revisions="added"), 1),
        ),
        # After the triggers: they hold the tables, so nothing is published between these and the counts.
        migrations.RunSQL(
            'INSERT INTO claims_figurecount (figure, "row", "column", claims) SELECT * FROM claims_figures();',
            migrations.RunSQL.noop,
        ),
    ]
