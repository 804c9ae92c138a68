-- Edits and deletions look for the mentions of one message; the primary key begins with the account.
CREATE INDEX mention_item ON mention (room, seq);
