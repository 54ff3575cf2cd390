import { FILTER_TABLES } from './filter-tables.ts'
import { NAME_TABLES } from './host-names.ts'
import { REQUEST_TABLES } from './request-tables.ts'
import { ROLLUP_COLUMNS, TIERS } from './rollup.ts'
import { RUNTIME_TABLES } from './runtime-schema.ts'

/** Raised with each change of the tables; an older store is migrated, a newer one is refused. */
export const SCHEMA_VERSION = 5

const rollupColumns = ROLLUP_COLUMNS.map(
  ({ column, merge }) => `${column} ${merge === 'sum' || merge === 'max' ? 'REAL' : 'INTEGER'} NOT NULL`,
).join(',\n  ')

/** Tables of the SQLite store. Rollups are keyed by time first: they are written, summed and expired by time. */
export const SCHEMA = `
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE agents (
  id INTEGER PRIMARY KEY,
  agent_id TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  version TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  last_frame_ns REAL NOT NULL
) STRICT;
CREATE TABLE processes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: segments of flows refer to it
  host TEXT NOT NULL,
  key TEXT NOT NULL,
  comm TEXT NOT NULL,
  service TEXT NOT NULL,
  start_ns REAL NOT NULL,
  end_ns REAL NOT NULL,
  body BLOB NOT NULL, -- quadrant.v1.Process
  UNIQUE (host, key)
) STRICT;
CREATE TABLE endpoints (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  value ANY NOT NULL, -- process id, address in text, reason, or host/service
  UNIQUE (kind, value)
) STRICT;
CREATE TABLE edges (
  id INTEGER PRIMARY KEY,
  client INTEGER NOT NULL,
  server INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  server_port INTEGER NOT NULL,
  UNIQUE (client, server, protocol, server_port)
) STRICT;
${TIERS.map(
  (tier) => `CREATE TABLE rollup_${tier} (
  t INTEGER NOT NULL, -- seconds
  edge INTEGER NOT NULL,
  ${rollupColumns},
  PRIMARY KEY (t, edge)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals_${tier} (
  t INTEGER PRIMARY KEY,
  opened REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes REAL NOT NULL,
  retransmits REAL NOT NULL,
  dropped REAL NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE drops_${tier} (
  t INTEGER NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (t, stage, reason)
) STRICT, WITHOUT ROWID;`,
).join('\n')}
CREATE TABLE drop_totals (
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (stage, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE stage_totals (
  stage TEXT PRIMARY KEY,
  seen REAL NOT NULL,
  kept REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE flow_segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  host TEXT NOT NULL,
  start_ns REAL NOT NULL,
  from_ns REAL NOT NULL, -- time of the oldest and of the newest row
  to_ns REAL NOT NULL,
  count INTEGER NOT NULL,
  joined_server_count INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX flow_segments_time ON flow_segments (to_ns);
CREATE TABLE flow_columns ( -- apart from its head, so that walking the heads reads no blobs
  id INTEGER PRIMARY KEY,
  addresses BLOB NOT NULL, -- one length byte, then the address, each
  processes BLOB NOT NULL, -- u32 ids, little-endian; 0 unknown
  columns BLOB NOT NULL -- quadrant.v1.FlowColumns as it came
) STRICT;
${RUNTIME_TABLES}
${NAME_TABLES}
${REQUEST_TABLES}
${FILTER_TABLES}
PRAGMA user_version = ${SCHEMA_VERSION};
`
