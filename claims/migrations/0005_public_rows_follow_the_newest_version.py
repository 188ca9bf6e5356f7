from django.db import migrations

# The functions have a search path of their own, so that they read our tables whatever a session makes.

NUMBER = """
CREATE OR REPLACE FUNCTION claims_check_revision_number() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    newest record;
BEGIN
    SELECT number, at INTO newest FROM claims_revision WHERE claim_id = NEW.claim_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(newest.number, 0) + 1 THEN
        RAISE EXCEPTION 'revision % does not follow revision %', NEW.number, coalesce(newest.number, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_follows_its_predecessor';
    END IF;
    IF NEW.at < newest.at THEN
        RAISE EXCEPTION 'revision % is dated before revision %', NEW.number, newest.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_is_dated_after_its_predecessor';
    END IF;
    RETURN NEW;
END $$;
"""
NUMBER_BEFORE = """
CREATE OR REPLACE FUNCTION claims_check_revision_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest integer;
BEGIN
    SELECT max(number) INTO newest FROM claims_revision WHERE claim_id = NEW.claim_id;
    IF NEW.number <> coalesce(newest, 0) + 1 THEN
        RAISE EXCEPTION 'revision % does not follow revision %', NEW.number, coalesce(newest, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_follows_its_predecessor';
    END IF;
    RETURN NEW;
END $$;
"""

# The row of the claim is locked, so that what another transaction does to the same claim is either seen or waits.
IS_PUBLIC = """
CREATE FUNCTION claims_check_public(checked bigint) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    desk record;
    newest record;
    shown record;
    fault text;
BEGIN
    SELECT slug, state INTO desk FROM claims_claim WHERE id = checked FOR NO KEY UPDATE;
    SELECT id, act INTO newest FROM claims_revision WHERE claim_id = checked ORDER BY number DESC LIMIT 1;
    SELECT id, revision_id INTO shown FROM claims_publishedclaim WHERE claim_id = checked;
    IF shown.id IS NULL AND newest.act <> 'withdraw' THEN
        fault := 'its newest version is public, and readers do not find it';
    ELSIF shown.id IS NOT NULL AND coalesce(newest.act, 'withdraw') = 'withdraw' THEN
        fault := 'it has no public version, and readers find it';
    ELSIF shown.revision_id <> newest.id THEN
        fault := 'readers find another version than the newest';
    ELSIF shown.id IS NULL AND desk.state IN ('published', 'corrected') THEN
        fault := format('it is %s at the desk, and readers do not find it', desk.state);
    ELSIF shown.id IS NOT NULL AND desk.state = 'withdrawn' THEN
        fault := 'it is withdrawn at the desk, and readers find it';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'claim %: %', desk.slug, fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'public_row_follows_the_newest_version',
                HINT = 'Publish and withdraw with the acts of the workflow.';
    END IF;
END $$;
"""

# Left to check_record: the number of origins, because its letters are compared as Python does.
SAYS_THE_SAME = """
CREATE FUNCTION claims_check_public_columns(checked bigint) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
        ('summary', shown.summary = said->>'summary'),
        ('notice', shown.notice = said->>'notice'),
        ('kind', shown.kind = said->>'kind'),
        ('language', shown.language = said->>'language'),
        ('rating', shown.rating = said->'rating'->>'slug'),
        ('rating_label', shown.rating_label = said->'rating'->>'label'),
        ('rating_value', shown.rating_value IS NOT DISTINCT FROM (said->'rating'->>'value')::int),
        ('claimant', shown.claimant = coalesce(said->'claimant'->>'slug', '')),
        ('claimant_name', shown.claimant_name = coalesce(said->'claimant'->>'name', '')),
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
SAME_NAMES = """
CREATE FUNCTION claims_same_names(listed varchar[], said jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN to_jsonb(listed) @> said AND said @> to_jsonb(listed);
"""

TRIGGERS = """
CREATE FUNCTION claims_check_claim_of_row() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM claims_check_public(NEW.claim_id);
    RETURN NULL;
END $$;
CREATE FUNCTION claims_check_claim() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM claims_check_public(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION claims_check_public_row() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM claims_check_public(OLD.claim_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM claims_check_public(NEW.claim_id);
        PERFORM claims_check_public_columns(NEW.claim_id);
    END IF;
    RETURN NULL;
END $$;
-- At the end of the transaction, because an act writes these rows one after the other.
CREATE CONSTRAINT TRIGGER revision_is_what_readers_find AFTER INSERT ON claims_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION claims_check_claim_of_row();
CREATE CONSTRAINT TRIGGER public_row_follows_the_newest_version AFTER INSERT OR UPDATE OR DELETE ON claims_publishedclaim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION claims_check_public_row();
CREATE CONSTRAINT TRIGGER public_state_is_what_readers_find AFTER INSERT OR UPDATE OF state ON claims_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('published', 'corrected', 'withdrawn'))
    EXECUTE FUNCTION claims_check_claim();
"""
BACK = """
DROP TRIGGER revision_is_what_readers_find ON claims_revision;
DROP TRIGGER public_row_follows_the_newest_version ON claims_publishedclaim;
DROP TRIGGER public_state_is_what_readers_find ON claims_claim;
DROP FUNCTION claims_check_claim_of_row(), claims_check_claim(), claims_check_public_row();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0004_webhook_repeats_and_checks")]

    operations = [
        # Rows with deferred checks can't be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(NUMBER, NUMBER_BEFORE),
        migrations.RunSQL(IS_PUBLIC, "DROP FUNCTION claims_check_public(bigint)"),
        migrations.RunSQL(SAME_NAMES, "DROP FUNCTION claims_same_names(varchar[], jsonb)"),
        migrations.RunSQL(SAYS_THE_SAME, "DROP FUNCTION claims_check_public_columns(bigint)"),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
