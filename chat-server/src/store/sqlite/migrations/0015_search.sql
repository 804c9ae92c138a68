-- The index of words: see `word_index.rs`. It holds neither texts nor words, but keyed digests of words; `rowid` is `item.id`,
-- the order of all messages of all rooms.
CREATE VIRTUAL TABLE message_word USING fts5 (digests, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
INSERT INTO message_word (message_word, rank) VALUES ('secure-delete', 1);
-- Items up to `up_to` are in the index; `form` numbers the rules of its words, `key` is that of the digests.
CREATE TABLE word_index (up_to INTEGER NOT NULL, form INTEGER NOT NULL, key BLOB NOT NULL) STRICT;
INSERT INTO word_index VALUES (0, 1, randomblob(16));
