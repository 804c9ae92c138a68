-- The texts of messages, apart from all rows that move: see `bodies.rs`. Nothing reads the index of words yet, and its
-- pages would keep words of erased texts.
DROP TABLE item_text;
CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO body (id, text) SELECT id, body FROM item WHERE body IS NOT NULL ORDER BY id;

-- `item.body` and `version.body` name the row that holds the text.
DROP INDEX item_deleted;
ALTER TABLE item ADD COLUMN body_id INTEGER;
UPDATE item SET body_id = id WHERE body IS NOT NULL;
ALTER TABLE item DROP COLUMN body;
ALTER TABLE item RENAME COLUMN body_id TO body;
CREATE INDEX item_deleted ON item (room, seq) WHERE body IS NULL AND ordinal IS NOT NULL;

ALTER TABLE version RENAME TO former_version;
CREATE TABLE version (
  item   INTEGER NOT NULL REFERENCES item (id),
  number INTEGER NOT NULL,
  body   INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;
INSERT INTO version
    SELECT item, number, (SELECT coalesce(max(id), 0) FROM body) + row_number() OVER (ORDER BY item, number), at
    FROM former_version;
INSERT INTO body (id, text)
    SELECT version.body, former.body FROM version
    JOIN former_version AS former ON former.item = version.item AND former.number = version.number
    ORDER BY version.body;
DROP TABLE former_version;

-- The pages of the former tables may keep copies of erased texts: they are made anew when the database is opened.
INSERT INTO meta VALUES ('renew_pages', '1');
