-- The author of a room's last message, how many messages they have posted there, and the number of the last: the row in `author`
-- is written when somebody else posts.
ALTER TABLE room ADD COLUMN last_author INTEGER;
ALTER TABLE room ADD COLUMN last_author_ordinal INTEGER;
ALTER TABLE room ADD COLUMN last_author_seq INTEGER;
