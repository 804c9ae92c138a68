-- Numbers of ephemeral posts that were refused while Redis may have kept them: they never appear. Nothing of what they said.
CREATE TABLE refused (
    room INTEGER NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
