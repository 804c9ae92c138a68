-- Lasting messages that were not deleted, counted as they come and go.
ALTER TABLE room ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
UPDATE room SET messages = (SELECT count(*) FROM item WHERE item.room = room.id AND item.body IS NOT NULL);
