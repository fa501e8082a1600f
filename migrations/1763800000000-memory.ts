import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GUARDS, POLICIES, TABLE_GRANTS } from './memory.policies.js';

/**
 * Memories, conversations, and what finding them needs.
 *
 * A scope is who may see a row, as one id: a family's id (everybody in it), a member's id (private: the owner, and the
 * parents of a child), or an audience's id. Every table below carries it, so that one rule guards them all and every
 * index can begin with it. The rows of a scope the viewer does not have do not exist.
 *
 *   memories            versions of statements; `recorded` tells when we knew it, `valid` when it was true
 *   memory_steps        what was done to them, by whom, why, and whether it was taken back
 *   conversations/turns what was said, word by word, numbered
 *   documents           one per searchable text (a turn, or one content of a memory); derived, as all below
 *   postings            the inverted index: which lexeme stands in which document how often
 *   embeddings          vectors, by model
 *   app.realm = 'worker' is a background job that acts for one family: it sees all of that family's rows
 */
export class Memory1763800000000 implements MigrationInterface {
  readonly name = 'Memory1763800000000';

  async up(db: QueryRunner): Promise<void> {
    for (const statement of [
      ...LANGUAGES,
      ...TABLES,
      ...CONTEXT,
      ...POLICIES,
      ...WORKER_POLICIES,
      ...FUNCTIONS,
      ...GUARDS,
      ...GRANTS,
    ]) {
      await db.query(statement);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TRIGGER members_memory ON members');
    await db.query('DROP POLICY families_worker ON families');
    await db.query(`DROP TABLE ${TABLE_NAMES.join(', ')}`);
    await db.query('DROP SEQUENCE sitting_numbers');
    await db.query(
      `DROP FUNCTION app.memory_changed(uuid), app.members_changed(), app.visible_scopes(), app.wards(), app.guard_memory(),
         app.guard_conversation(), app.is_worker(), app.family_role(), app.terms(text, text), app.query_terms(text)`,
    );
    await db.query('DROP TEXT SEARCH CONFIGURATION app.english, app.spanish, app.simple');
  }
}

/** Stemmers behind unaccent, so that "cumpleaños" and "cumpleanos" are one word. */
const LANGUAGES = ['english', 'spanish', 'simple'].flatMap((language) => [
  `CREATE TEXT SEARCH CONFIGURATION app.${language} (COPY = pg_catalog.${language})`,
  `ALTER TEXT SEARCH CONFIGURATION app.${language}
     ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, ${language === 'simple' ? 'simple' : `${language}_stem`}`,
]);

const TABLES = [
  `CREATE TABLE memory_settings (
    family_id uuid PRIMARY KEY REFERENCES families ON DELETE CASCADE,
    extract boolean NOT NULL DEFAULT true,
    turn_retention_days integer CHECK (turn_retention_days BETWEEN 1 AND 36500),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `COMMENT ON COLUMN memory_settings.turn_retention_days IS 'turns are erased after so many days; null keeps them'`,
  `CREATE TABLE memory_states (
    family_id uuid PRIMARY KEY REFERENCES families ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1,
    stamp uuid NOT NULL DEFAULT gen_random_uuid()
  )`,
  `COMMENT ON TABLE memory_states IS 'raised by every change to what a family remembers or to who may see it: part of every cache key'`,
  `COMMENT ON COLUMN memory_states.stamp IS 'names the version as no other, also after a restore has set the number back; what caches hold is sealed with it'`,
  `CREATE TABLE audiences (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    owner_id uuid NOT NULL,
    member_ids uuid[] NOT NULL CHECK (cardinality(member_ids) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audiences_members_key UNIQUE (family_id, owner_id, member_ids)
  )`,
  `COMMENT ON TABLE audiences IS 'an owner and the members (sorted) they show something to'`,
  `CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    scope_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    title text CHECK (length(title) <= 200),
    extract boolean,
    turn_count integer NOT NULL DEFAULT 0,
    session_number integer NOT NULL DEFAULT 0,
    last_document bigint,
    last_turn_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `COMMENT ON COLUMN conversations.extract IS 'null: as the family has set'`,
  `COMMENT ON COLUMN conversations.session_number IS 'sittings so far; a new one begins after a pause of six hours; last_document: where the last turn stands in the index'`,
  `CREATE INDEX conversations_scope_idx ON conversations (scope_id, created_at, id)`,
  `CREATE INDEX conversations_family_idx ON conversations (family_id)`,
  `CREATE TABLE turns (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    scope_id uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    turn_number integer NOT NULL CHECK (turn_number > 0),
    session_number integer NOT NULL CHECK (session_number > 0),
    author_id uuid NOT NULL,
    speaker_id uuid,
    speaker text,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es', 'simple')),
    metadata jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT turns_number_key UNIQUE (conversation_id, turn_number)
  )`,
  `CREATE INDEX turns_age_idx ON turns (family_id, created_at)`,
  `CREATE INDEX turns_scope_idx ON turns (scope_id)`,
  `CREATE TABLE memories (
    id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    document_id bigint NOT NULL,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    scope_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    author_id uuid NOT NULL,
    subject_id uuid,
    kind text NOT NULL,
    content text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es', 'simple')),
    predicate text,
    object text,
    object_key text,
    cardinality text CHECK (cardinality IN ('functional', 'multi', 'event')),
    authority text NOT NULL CHECK (authority IN ('self', 'parent', 'other')),
    importance real NOT NULL CHECK (importance BETWEEN 0 AND 1),
    confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    evidence_count integer NOT NULL DEFAULT 1 CHECK (evidence_count > 0),
    status text NOT NULL CHECK (status IN ('live', 'superseded', 'contested', 'retracted')),
    valid tstzrange NOT NULL CHECK (NOT isempty(valid)),
    is_since_stated boolean NOT NULL,
    recorded tstzrange NOT NULL,
    superseded_by uuid,
    source_turn_ids uuid[] NOT NULL DEFAULT '{}',
    content_hash bytea NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id, version),
    CHECK ((predicate IS NULL) = (cardinality IS NULL) AND (predicate IS NULL) = (object_key IS NULL)),
    CONSTRAINT memories_one_value EXCLUDE USING gist
      (scope_id WITH =, subject_id WITH =, predicate WITH =, valid WITH &&)
      WHERE (cardinality = 'functional' AND status = 'live' AND upper_inf(recorded))
  )`,
  `COMMENT ON COLUMN memories.is_since_stated IS 'whether anybody said since when; otherwise it counts from when it was said'`,
  `COMMENT ON COLUMN memories.recorded IS 'when we knew it so: a change closes it and adds a version'`,
  `CREATE UNIQUE INDEX memories_current_idx ON memories (id) WHERE upper_inf(recorded)`,
  `CREATE INDEX memories_page_idx ON memories (scope_id, created_at, id) WHERE upper_inf(recorded)`,
  `CREATE INDEX memories_same_idx ON memories (scope_id, content_hash) WHERE upper_inf(recorded)`,
  `CREATE INDEX memories_fact_idx ON memories (subject_id, predicate) WHERE upper_inf(recorded) AND predicate IS NOT NULL`,
  `CREATE INDEX memories_superseded_idx ON memories (superseded_by) WHERE upper_inf(recorded) AND superseded_by IS NOT NULL`,
  `CREATE INDEX memories_document_idx ON memories (document_id)`,
  `CREATE INDEX memories_source_idx ON memories USING gin (source_turn_ids)`,
  `CREATE INDEX memories_owner_idx ON memories (family_id, owner_id) WHERE upper_inf(recorded)`,
  `CREATE TABLE memory_steps (
    id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    scope_id uuid NOT NULL,
    memory_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    step text NOT NULL,
    version_before integer,
    version_after integer NOT NULL,
    actor_id uuid,
    is_automatic boolean NOT NULL,
    reason text NOT NULL,
    cause_id uuid,
    scope_before uuid,
    undone_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  `COMMENT ON COLUMN memory_steps.cause_id IS 'the memory whose coming made this step; scope_before: of a step that moved it; undone_by: the step that took this one back'`,
  `CREATE INDEX memory_steps_memory_idx ON memory_steps (memory_id, id)`,
  `CREATE INDEX memory_steps_operation_idx ON memory_steps (operation_id)`,
  `CREATE TABLE memory_usage (
    owner_id uuid PRIMARY KEY,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    memories integer NOT NULL DEFAULT 0
  )`,
  `CREATE TABLE idempotency_keys (
    member_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    request_hash bytea NOT NULL,
    result jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (member_id, key)
  )`,
  `COMMENT ON COLUMN idempotency_keys.result IS 'ids and effects of what was made, never contents'`,
  `CREATE INDEX idempotency_keys_age_idx ON idempotency_keys (family_id, created_at)`,
  `CREATE TABLE documents (
    id bigint PRIMARY KEY,
    scope_id uuid NOT NULL,
    family_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('memory', 'turn')),
    item_id uuid NOT NULL,
    conversation_id uuid,
    person_id uuid,
    speaker text,
    language text NOT NULL,
    length integer NOT NULL,
    is_live boolean NOT NULL,
    is_pending boolean NOT NULL,
    has_question boolean NOT NULL,
    after_question boolean NOT NULL,
    says_time boolean NOT NULL,
    says_number boolean NOT NULL,
    importance real NOT NULL,
    confidence real NOT NULL,
    occurred_at timestamptz NOT NULL
  )`,
  `CREATE SEQUENCE sitting_numbers`,
  `COMMENT ON COLUMN documents.id IS 'number of the sitting * 65536 + place in it: what stands beside it in talk stands beside it here; a memory is a sitting of its own'`,
  `COMMENT ON COLUMN documents.item_id IS 'the turn or the memory'`,
  `COMMENT ON COLUMN documents.person_id IS 'who speaks in the turn, whom the memory is about; speaker: a name where it is no member'`,
  `COMMENT ON COLUMN documents.is_live IS 'false for an earlier content of a memory and for one that is superseded or retracted'`,
  `COMMENT ON COLUMN documents.is_pending IS 'until it has a vector of the active model'`,
  `CREATE INDEX documents_live_idx ON documents (scope_id, id) INCLUDE (length) WHERE is_live`,
  `CREATE INDEX documents_scope_idx ON documents (scope_id)`,
  `CREATE INDEX documents_pending_idx ON documents (family_id, id) WHERE is_pending`,
  `CREATE INDEX documents_item_idx ON documents (item_id)`,
  `CREATE TABLE postings (
    scope_id uuid NOT NULL,
    term text COLLATE "C" NOT NULL,
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    frequency smallint NOT NULL,
    PRIMARY KEY (scope_id, term, document_id) INCLUDE (frequency)
  )`,
  `CREATE INDEX postings_document_idx ON postings (document_id)`,
  `CREATE TABLE embedding_models (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    dimensions integer NOT NULL CHECK (dimensions > 0),
    is_active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE UNIQUE INDEX embedding_models_active_idx ON embedding_models (is_active) WHERE is_active`,
  `CREATE TABLE embeddings (
    document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE,
    model_id integer NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
    scope_id uuid NOT NULL,
    vector halfvec NOT NULL,
    PRIMARY KEY (document_id, model_id)
  )`,
  // A vector stays in its row: read by the thousand, it must not be fetched from elsewhere one by one.
  `ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE PLAIN`,
  `CREATE INDEX embeddings_scope_idx ON embeddings (scope_id, model_id)`,
];

const TABLE_NAMES = TABLES.flatMap((statement) => /^CREATE TABLE (\w+)/.exec(statement)?.slice(1) ?? []).reverse();

const CONTEXT = [
  `CREATE FUNCTION app.family_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.family_role', true), '')`,
  `CREATE FUNCTION app.is_worker() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('app.realm', true), '') = 'worker'`,
  // Whose rows the viewer sees: the family's, their own, those of its children for a parent, and of audiences.
  // The conditions on audiences are those of their own policy, so that a search counts no others even without it.
  `CREATE FUNCTION app.visible_scopes() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
      WHEN app.family_id() IS NOT NULL AND (app.is_worker() OR (app.viewer_id() IS NOT NULL AND app.member_id() IS NOT NULL)) THEN
        ARRAY[app.family_id()]
        || ARRAY(SELECT m.id FROM public.members m WHERE m.family_id = app.family_id()
                 AND (app.is_worker() OR m.id = app.member_id() OR (app.family_role() = 'parent' AND m.role = 'child')))
        || ARRAY(SELECT a.id FROM public.audiences a WHERE a.family_id = app.family_id()
                 AND (app.is_worker() OR a.owner_id = app.member_id() OR app.member_id() = ANY (a.member_ids)
                   OR (app.family_role() = 'parent' AND a.owner_id IN
                     (SELECT m.id FROM public.members m WHERE m.family_id = app.family_id() AND m.role = 'child'))))
      ELSE '{}'::uuid[]
    END $$`,
  // For whom the viewer acts: for themselves, and a parent for the children.
  `CREATE FUNCTION app.wards() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT m.id FROM public.members m WHERE m.family_id = app.family_id() AND app.viewer_id() IS NOT NULL
      AND (m.id = app.member_id() OR (app.family_role() = 'parent' AND m.role = 'child'))) $$`,
];

// A worker that goes from family to family has to know which there are.
const WORKER_POLICIES = ['CREATE POLICY families_worker ON families FOR SELECT USING (app.is_worker())'];

const FUNCTIONS = [
  // Lexemes of a text in its language, marked with it: "e:run", "s:corr", "x:paul".
  `CREATE FUNCTION app.terms(language text, content text) RETURNS TABLE (term text, frequency smallint)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE language WHEN 'en' THEN 'e:' WHEN 'es' THEN 's:' ELSE 'x:' END || t.lexeme,
      least(cardinality(t.positions), 1000)::smallint
    FROM unnest(to_tsvector(CASE language WHEN 'en' THEN 'app.english' WHEN 'es' THEN 'app.spanish' ELSE 'app.simple' END::regconfig,
      content)) t $$`,
  // A query is read in every language, because what it looks for may be in any.
  `CREATE FUNCTION app.query_terms(query text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(t.term), '{}') FROM unnest(ARRAY['en', 'es', 'simple']) language,
      LATERAL app.terms(language, query) t $$`,
  // Called last in a transaction that changes what a family remembers, so that the row is locked for a moment only.
  `CREATE FUNCTION app.memory_changed(family uuid) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO public.memory_states AS s (family_id) VALUES (family)
    ON CONFLICT (family_id) DO UPDATE SET version = s.version + 1, stamp = gen_random_uuid() $$`,
  // Who is a child, and who is there at all, decides who sees what.
  `CREATE FUNCTION app.members_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      family uuid := coalesce(NEW.family_id, OLD.family_id);
      outer_family text := coalesce(current_setting('app.family_id', true), '');
    BEGIN
      IF EXISTS (SELECT FROM public.families f WHERE f.id = family) THEN
        PERFORM set_config('app.family_id', family::text, true);
        PERFORM app.memory_changed(family);
        PERFORM set_config('app.family_id', outer_family, true);
      END IF;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER members_memory AFTER INSERT OR DELETE OR UPDATE ON members
    FOR EACH ROW EXECUTE FUNCTION app.members_changed()`,
];

const GRANTS = [
  ...TABLE_GRANTS,
  'GRANT USAGE ON SEQUENCE sitting_numbers TO family_assistant_app',
  'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO family_assistant_app',
];
