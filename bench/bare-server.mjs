/**
 * The yardstick of bench/http.ts: the member list over node:http, pg and jsonwebtoken, with nothing around them.
 * The same token check, rows and answer; no limits, no log, no metrics, no validation, no security headers.
 *   /plain      reads a copy of the table that has no row-level security
 *   /verified   sends the statement of the real server, which verifies the session and sets the viewer
 */
import { createSecretKey } from 'node:crypto';
import { createServer } from 'node:http';
import jwt from 'jsonwebtoken';
import pg from 'pg';

const { DATABASE_URL, POOL_SIZE, JWT_SECRET_KEY = '', PORT, HOST, FAMILY_ID, ACCESS_VERSION } = process.env;
const LIMIT = 20;

const page = (table, family) => `
  SELECT m.id, m.user_id, m.first_name, m.last_name, m.telegram_id::float8 AS telegram_id, m.role, m.age_group,
    m.language_preference, m.active_skills, m.birth_date, m.created_at, m.updated_at, m.created_at::text AS sort_key
  FROM ${table} m
  WHERE m.family_id = ${family}
    AND ($4::timestamptz IS NULL OR (m.created_at, m.id) > ($4::timestamptz, $5::uuid))
  ORDER BY m.created_at, m.id
  LIMIT $3::int`;

const PLAIN = { name: 'plain', text: page('bench.members', '$1::uuid AND $2::int IS NOT NULL') };
const VERIFIED = {
  name: 'verified',
  text: `SELECT viewer.is_live AS viewer_is_live, result.*
    FROM app.enter($1::uuid, $2::int) AS viewer
    LEFT JOIN LATERAL (SELECT true AS is_row, found.* FROM (${page('members', 'viewer.family_id')}) AS found) AS result ON viewer.is_live`,
};

const key = createSecretKey(Buffer.from(JWT_SECRET_KEY, 'utf8'));
const rules = { algorithms: ['HS256'], issuer: 'family-assistant', audience: 'family-assistant-api' };

pg.types.setTypeParser(pg.types.builtins.DATE, (value) => value);
const pool = new pg.Pool({
  connectionString: DATABASE_URL,
  max: Number(POOL_SIZE),
  onConnect: (client) =>
    client.query("SET TIME ZONE 'UTC'; SET jit = off; SET statement_timeout = 15000; SET ROLE family_assistant_app"),
});

async function answer({ url, headers }, response) {
  if (url === '/ready') return response.end();
  let claims;
  try {
    claims = jwt.verify((headers.authorization ?? '').slice('Bearer '.length), key, rules);
  } catch {
    return response.writeHead(401).end();
  }
  const [statement, who] = url === '/plain' ? [PLAIN, FAMILY_ID] : [VERIFIED, claims.sid];
  const { rows } = await pool.query({ ...statement, values: [who, ACCESS_VERSION, LIMIT + 1, null, null] });
  const body = JSON.stringify({ data: rows.slice(0, LIMIT).map(toMember), next_cursor: null });
  return response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

const toMember = (row) => ({
  id: row.id,
  user_id: row.user_id,
  first_name: row.first_name,
  last_name: row.last_name,
  telegram_id: row.telegram_id,
  role: row.role,
  age_group: row.age_group,
  language_preference: row.language_preference,
  active_skills: row.active_skills,
  birth_date: row.birth_date,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

createServer((request, response) => {
  answer(request, response).catch((error) => {
    process.stderr.write(`${String(error)}\n`);
    response.writeHead(500).end();
  });
}).listen(Number(PORT), HOST);
