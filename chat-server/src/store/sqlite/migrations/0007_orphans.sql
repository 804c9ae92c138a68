-- Rooms whose owner never joined, and rooms that could not be closed when their last member left: closed, their names are free.
UPDATE room SET closed_at = created_at
WHERE closed_at IS NULL AND id <> 1 AND members = 0 AND (closes_when_empty = 1 OR head = 0);
