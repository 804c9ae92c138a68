-- Most things are never changed: only those that were stand in this index, so that a post writes one page less.
DROP INDEX item_changed;
CREATE UNIQUE INDEX item_changed ON item (room, changed) WHERE changed <> seq;
