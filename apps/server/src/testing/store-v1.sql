-- A store of schema 1 with three frames, as Quadrant 0.1.0 before the runtime observer wrote it: dumped from its file.
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
CREATE TABLE rollup_1 (
  t INTEGER NOT NULL, -- seconds
  edge INTEGER NOT NULL,
  opened REAL NOT NULL,
  closed REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes_to_server REAL NOT NULL,
  bytes_to_client REAL NOT NULL,
  segments_to_server REAL NOT NULL,
  segments_to_client REAL NOT NULL,
  retransmits REAL NOT NULL,
  messages_to_server REAL NOT NULL,
  messages_to_client REAL NOT NULL,
  active INTEGER NOT NULL,
  srtt_us_sum REAL NOT NULL,
  srtt_samples REAL NOT NULL,
  srtt_us_max REAL NOT NULL,
  connect_us_sum REAL NOT NULL,
  connect_samples REAL NOT NULL,
  connect_us_max REAL NOT NULL,
  client_observed INTEGER NOT NULL,
  server_observed INTEGER NOT NULL,
  bytes_unknown INTEGER NOT NULL,
  last_errno INTEGER NOT NULL,
  PRIMARY KEY (t, edge)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals_1 (
  t INTEGER PRIMARY KEY,
  opened REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes REAL NOT NULL,
  retransmits REAL NOT NULL,
  dropped REAL NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE drops_1 (
  t INTEGER NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (t, stage, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_10 (
  t INTEGER NOT NULL, -- seconds
  edge INTEGER NOT NULL,
  opened REAL NOT NULL,
  closed REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes_to_server REAL NOT NULL,
  bytes_to_client REAL NOT NULL,
  segments_to_server REAL NOT NULL,
  segments_to_client REAL NOT NULL,
  retransmits REAL NOT NULL,
  messages_to_server REAL NOT NULL,
  messages_to_client REAL NOT NULL,
  active INTEGER NOT NULL,
  srtt_us_sum REAL NOT NULL,
  srtt_samples REAL NOT NULL,
  srtt_us_max REAL NOT NULL,
  connect_us_sum REAL NOT NULL,
  connect_samples REAL NOT NULL,
  connect_us_max REAL NOT NULL,
  client_observed INTEGER NOT NULL,
  server_observed INTEGER NOT NULL,
  bytes_unknown INTEGER NOT NULL,
  last_errno INTEGER NOT NULL,
  PRIMARY KEY (t, edge)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals_10 (
  t INTEGER PRIMARY KEY,
  opened REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes REAL NOT NULL,
  retransmits REAL NOT NULL,
  dropped REAL NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE drops_10 (
  t INTEGER NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (t, stage, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_60 (
  t INTEGER NOT NULL, -- seconds
  edge INTEGER NOT NULL,
  opened REAL NOT NULL,
  closed REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes_to_server REAL NOT NULL,
  bytes_to_client REAL NOT NULL,
  segments_to_server REAL NOT NULL,
  segments_to_client REAL NOT NULL,
  retransmits REAL NOT NULL,
  messages_to_server REAL NOT NULL,
  messages_to_client REAL NOT NULL,
  active INTEGER NOT NULL,
  srtt_us_sum REAL NOT NULL,
  srtt_samples REAL NOT NULL,
  srtt_us_max REAL NOT NULL,
  connect_us_sum REAL NOT NULL,
  connect_samples REAL NOT NULL,
  connect_us_max REAL NOT NULL,
  client_observed INTEGER NOT NULL,
  server_observed INTEGER NOT NULL,
  bytes_unknown INTEGER NOT NULL,
  last_errno INTEGER NOT NULL,
  PRIMARY KEY (t, edge)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals_60 (
  t INTEGER PRIMARY KEY,
  opened REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes REAL NOT NULL,
  retransmits REAL NOT NULL,
  dropped REAL NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE drops_60 (
  t INTEGER NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (t, stage, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_3600 (
  t INTEGER NOT NULL, -- seconds
  edge INTEGER NOT NULL,
  opened REAL NOT NULL,
  closed REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes_to_server REAL NOT NULL,
  bytes_to_client REAL NOT NULL,
  segments_to_server REAL NOT NULL,
  segments_to_client REAL NOT NULL,
  retransmits REAL NOT NULL,
  messages_to_server REAL NOT NULL,
  messages_to_client REAL NOT NULL,
  active INTEGER NOT NULL,
  srtt_us_sum REAL NOT NULL,
  srtt_samples REAL NOT NULL,
  srtt_us_max REAL NOT NULL,
  connect_us_sum REAL NOT NULL,
  connect_samples REAL NOT NULL,
  connect_us_max REAL NOT NULL,
  client_observed INTEGER NOT NULL,
  server_observed INTEGER NOT NULL,
  bytes_unknown INTEGER NOT NULL,
  last_errno INTEGER NOT NULL,
  PRIMARY KEY (t, edge)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals_3600 (
  t INTEGER PRIMARY KEY,
  opened REAL NOT NULL,
  failed REAL NOT NULL,
  reset REAL NOT NULL,
  bytes REAL NOT NULL,
  retransmits REAL NOT NULL,
  dropped REAL NOT NULL,
  seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE drops_3600 (
  t INTEGER NOT NULL,
  stage TEXT NOT NULL,
  reason TEXT NOT NULL,
  count REAL NOT NULL,
  PRIMARY KEY (t, stage, reason)
) STRICT, WITHOUT ROWID;
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
INSERT INTO settings VALUES ('instruction', X'0801');
INSERT INTO agents VALUES (1, 'agent-1', 'alpha', 'boot-1', '0.1.0', 3, 1700000043000000000);
INSERT INTO processes VALUES (1, 'alpha', '1@1', 'web', 'web', 1000000000, 0, X'0a033140311001190000000065cdcd4122037765626a037765627204636f6d6d');
INSERT INTO processes VALUES (2, 'alpha', '2@1', 'db', 'db', 1000000000, 0, X'0a033240311002190000000065cdcd41220264626a0264627204636f6d6d');
INSERT INTO endpoints VALUES (1, 1, 1);
INSERT INTO endpoints VALUES (2, 1, 2);
INSERT INTO edges VALUES (1, 1, 2, 6, 5432);
INSERT INTO rollup_1 VALUES (1700000040, 1, 1, 0, 0, 0, 100, 1000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO rollup_1 VALUES (1700000041, 1, 1, 0, 0, 0, 100, 1000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO rollup_1 VALUES (1700000042, 1, 1, 0, 0, 0, 100, 1000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO totals_1 VALUES (1700000040, 1, 0, 0, 1100, 0, 1, 1);
INSERT INTO totals_1 VALUES (1700000041, 1, 0, 0, 1100, 0, 1, 1);
INSERT INTO totals_1 VALUES (1700000042, 1, 0, 0, 1100, 0, 1, 1);
INSERT INTO drops_1 VALUES (1700000040, 'kernel.ring', 'full', 1);
INSERT INTO drops_1 VALUES (1700000041, 'kernel.ring', 'full', 1);
INSERT INTO drops_1 VALUES (1700000042, 'kernel.ring', 'full', 1);
INSERT INTO rollup_10 VALUES (1700000040, 1, 3, 0, 0, 0, 300, 3000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO totals_10 VALUES (1700000040, 3, 0, 0, 3300, 0, 3, 3);
INSERT INTO drops_10 VALUES (1700000040, 'kernel.ring', 'full', 3);
INSERT INTO rollup_60 VALUES (1700000040, 1, 3, 0, 0, 0, 300, 3000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO totals_60 VALUES (1700000040, 3, 0, 0, 3300, 0, 3, 3);
INSERT INTO drops_60 VALUES (1700000040, 'kernel.ring', 'full', 3);
INSERT INTO rollup_3600 VALUES (1699999200, 1, 3, 0, 0, 0, 300, 3000, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO totals_3600 VALUES (1699999200, 3, 0, 0, 3300, 0, 3, 3);
INSERT INTO drops_3600 VALUES (1699999200, 'kernel.ring', 'full', 3);
INSERT INTO drop_totals VALUES ('kernel.ring', 'full', 3);
INSERT INTO stage_totals VALUES ('kernel.ring', 6, 3);
INSERT INTO flow_segments VALUES (1, 'alpha', 1700000040000000000, 1700000040000000000, 1700000040000001000, 2, 0, 176);
INSERT INTO flow_segments VALUES (2, 'alpha', 1700000041000000000, 1700000041000000000, 1700000041000001000, 2, 0, 176);
INSERT INTO flow_segments VALUES (3, 'alpha', 1700000042000000000, 1700000042000000000, 1700000042000001000, 2, 0, 176);
INSERT INTO flow_columns VALUES (1, X'047f000001', X'0100000002000000', X'0802120202021a020606220201012a020002320200003a0200004206b0ea01b1ea014a04b82ab82a520201015a0202026210000000000000f03f00000000000000406a100000000000005940000000000000594072100000000000408f400000000000408f407a02030382010204048a0102000092010232329a011000000000000000000000000000000000a201020000aa010a808080800f808080800fb201020101');
INSERT INTO flow_columns VALUES (2, X'047f000001', X'0100000002000000', X'0802120202021a020606220201012a020002320200003a0200004206b0ea01b1ea014a04b82ab82a520201015a0202026210000000000000f03f00000000000000406a100000000000005940000000000000594072100000000000408f400000000000408f407a02030382010204048a0102000092010232329a011000000000000000000000000000000000a201020000aa010a808080800f808080800fb201020101');
INSERT INTO flow_columns VALUES (3, X'047f000001', X'0100000002000000', X'0802120202021a020606220201012a020002320200003a0200004206b0ea01b1ea014a04b82ab82a520201015a0202026210000000000000f03f00000000000000406a100000000000005940000000000000594072100000000000408f400000000000408f407a02030382010204048a0102000092010232329a011000000000000000000000000000000000a201020000aa010a808080800f808080800fb201020101');
PRAGMA user_version = 1;
