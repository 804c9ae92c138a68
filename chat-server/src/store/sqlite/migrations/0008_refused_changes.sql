-- Refused edits and deletions, too: `seq` is the item's number, `changed` the change's. Those of a post are the same.
ALTER TABLE refused RENAME TO refused_post;
CREATE TABLE refused (
    room INTEGER NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (room, seq, changed)
) STRICT, WITHOUT ROWID;
INSERT INTO refused (room, seq, changed, until) SELECT room, seq, seq, until FROM refused_post;
DROP TABLE refused_post;
