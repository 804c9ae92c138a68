-- Own messages are never unread. How many messages an account has posted in a room, deleted ones included, and the number
-- of the last; each of them knows which it was.
CREATE TABLE author (
    room INTEGER NOT NULL REFERENCES room (id),
    account INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
INSERT INTO author
    SELECT room, author, count(*), max(seq) FROM item WHERE ordinal IS NOT NULL GROUP BY room, author;
ALTER TABLE item ADD COLUMN own_ordinal INTEGER;
UPDATE item SET own_ordinal = numbered.own_ordinal FROM (
    SELECT id, row_number() OVER (PARTITION BY room, author ORDER BY seq) AS own_ordinal
    FROM item WHERE ordinal IS NOT NULL
) AS numbered WHERE item.id = numbered.id;
ALTER TABLE member ADD COLUMN read_own_ordinal INTEGER NOT NULL DEFAULT 0;
UPDATE member SET read_own_ordinal = read.own_ordinal FROM (
    SELECT item.room AS room, item.author AS account, max(item.own_ordinal) AS own_ordinal
    FROM item JOIN member ON member.room = item.room AND member.account = item.author
    WHERE item.ordinal IS NOT NULL AND item.seq <= member.read_seq GROUP BY item.room, item.author
) AS read WHERE member.room = read.room AND member.account = read.account;
-- Nobody mentions themselves.
DELETE FROM mention WHERE EXISTS (
    SELECT 1 FROM item WHERE item.room = mention.room AND item.seq = mention.seq AND item.author = mention.account
);
