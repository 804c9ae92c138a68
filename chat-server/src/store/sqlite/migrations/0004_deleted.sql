-- Deleted messages, by room and number: they are not unread.
CREATE INDEX item_deleted ON item (room, seq) WHERE body IS NULL AND ordinal IS NOT NULL;
