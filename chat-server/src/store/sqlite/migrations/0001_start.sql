CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  name         TEXT NOT NULL UNIQUE,
  skeleton     TEXT NOT NULL UNIQUE,
  os_uid       INTEGER UNIQUE,
  password     TEXT,
  availability TEXT NOT NULL DEFAULT '"auto"',
  status       TEXT,
  last_seen    INTEGER,
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account    INTEGER NOT NULL REFERENCES account (id),
  token_hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);

-- `kind`: 0 public, 1 private, 2 direct. `people` is set for direct conversations: one room for each set.
CREATE TABLE room (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  kind              INTEGER NOT NULL,
  name              TEXT UNIQUE,
  skeleton          TEXT UNIQUE,
  people            TEXT UNIQUE,
  topic             TEXT,
  topic_by          INTEGER,
  topic_at          INTEGER,
  description       TEXT,
  default_ttl_ms    INTEGER,
  closes_when_empty INTEGER NOT NULL DEFAULT 0,
  created_at        INTEGER NOT NULL,
  created_by        INTEGER NOT NULL,
  closed_at         INTEGER,
  head              INTEGER NOT NULL DEFAULT 0,
  ceiling           INTEGER NOT NULL DEFAULT 0,
  ordinal           INTEGER NOT NULL DEFAULT 0,
  members           INTEGER NOT NULL DEFAULT 0,
  last_message_at   INTEGER
) STRICT;

-- Names a room had before: a name once used never leads to another room.
CREATE TABLE former_name (name TEXT PRIMARY KEY, room INTEGER NOT NULL REFERENCES room (id)) STRICT, WITHOUT ROWID;

-- `role`: 0 member, 1 moderator, 2 owner. `rsvp`: 0 none, 1 interested, 2 attending.
CREATE TABLE member (
  room         INTEGER NOT NULL REFERENCES room (id),
  account      INTEGER NOT NULL REFERENCES account (id),
  role         INTEGER NOT NULL DEFAULT 0,
  rsvp         INTEGER NOT NULL DEFAULT 0,
  joined_at    INTEGER NOT NULL,
  read_seq     INTEGER NOT NULL DEFAULT 0,
  read_ordinal INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member (account);

-- `what` is the item's content as it travels, without the text of a message; `ordinal` counts lasting messages.
CREATE TABLE item (
  id      INTEGER PRIMARY KEY,
  room    INTEGER NOT NULL REFERENCES room (id),
  seq     INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  author  INTEGER NOT NULL,
  ordinal INTEGER,
  key     TEXT,
  digest  BLOB,
  body    TEXT,
  what    TEXT
) STRICT;
CREATE UNIQUE INDEX item_seq ON item (room, seq);
CREATE UNIQUE INDEX item_changed ON item (room, changed);
CREATE UNIQUE INDEX item_key ON item (author, key) WHERE key IS NOT NULL;

-- The texts a message had before it was edited.
CREATE TABLE version (
  item   INTEGER NOT NULL REFERENCES item (id),
  number INTEGER NOT NULL,
  body   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention (
  account INTEGER NOT NULL,
  room    INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (account, room, seq)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE item_text USING fts5 (body, content = 'item', content_rowid = 'id');
INSERT INTO item_text (item_text, rank) VALUES ('secure-delete', 1);
