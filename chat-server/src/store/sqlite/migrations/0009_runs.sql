-- The runs of the server that gave numbers in a room: each with the room's `head` and its last number before the run's first
-- write. A cursor names the run it comes from, and so shows whether an older copy of the data was put back since.
CREATE TABLE run (
    room INTEGER NOT NULL REFERENCES room (id),
    given INTEGER NOT NULL,
    id INTEGER NOT NULL,
    head INTEGER NOT NULL,
    PRIMARY KEY (room, given)
) STRICT, WITHOUT ROWID;
-- The last run that gave a number in the room.
ALTER TABLE room ADD COLUMN run INTEGER;
UPDATE room SET run = random() & 0x7fffffffffffffff WHERE head > 0 OR ceiling > 0;
INSERT INTO run SELECT id, 0, run, 0 FROM room WHERE run IS NOT NULL;
