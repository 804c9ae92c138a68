-- Old messages are removed from a room's beginning on: the last that was, and which of the room's messages it was. All up to
-- there count as read.
ALTER TABLE room ADD COLUMN pruned_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN pruned_ordinal INTEGER NOT NULL DEFAULT 0;
