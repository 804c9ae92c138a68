//! One transaction as its writes see it. Texts enter and leave the search index at its end, all at once and in order: the
//! index flushes whatever it has gathered at each savepoint, and every write has one. Must not know why a text changes.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{Connection, params};

use super::row::execute;
use super::runs::RunRecorder;
use crate::store::StoreError;

/// An open transaction, and the changes of the search index that are still to be made.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    runs: &'a RunRecorder,
    /// In the order of the writes: a text may be added and removed in one transaction.
    pending_index: RefCell<Vec<IndexChange>>,
}

/// A text that enters or leaves the index.
#[derive(Debug)]
struct IndexChange {
    item: i64,
    body: String,
    is_removal: bool,
}

impl<'a> Batch<'a> {
    pub(super) fn on(connection: &'a Connection, runs: &'a RunRecorder) -> Self {
        Self { connection, runs, pending_index: RefCell::default() }
    }

    /// Records the present run in a room. Comes before the write that takes or reserves a number there.
    pub(super) fn record_run(&self, room: i64) -> Result<(), StoreError> {
        self.runs.record(self.connection, room)
    }

    /// Adds the text of an item to the index.
    pub(super) fn add_text(&self, item: i64, body: &str) {
        self.pending_index.borrow_mut().push(IndexChange { item, body: body.to_owned(), is_removal: false });
    }

    /// Removes the text of an item from the index.
    pub(super) fn remove_text(&self, item: i64, body: String) {
        self.pending_index.borrow_mut().push(IndexChange { item, body, is_removal: true });
    }

    /// How many changes are pending: a write that is rolled back must leave as many.
    pub(super) fn pending_index(&self) -> usize {
        self.pending_index.borrow().len()
    }

    /// Drops the pending changes beyond `before`: their write was rolled back.
    pub(super) fn truncate_index(&self, before: usize) {
        self.pending_index.borrow_mut().truncate(before);
    }

    /// Makes the pending changes. Called after the last savepoint.
    ///
    /// # Errors
    /// If the index cannot be written; then nothing of the transaction may be kept.
    pub(super) fn flush_index(&self) -> Result<(), StoreError> {
        for IndexChange { item, body, is_removal } in self.pending_index.take() {
            let change = if is_removal {
                "INSERT INTO item_text (item_text, rowid, body) VALUES ('delete', ?1, ?2)"
            } else {
                "INSERT INTO item_text (rowid, body) VALUES (?1, ?2)"
            };
            execute(self.connection, change, params![item, body])?;
        }
        Ok(())
    }
}

impl Deref for Batch<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{RoomId, Run, Seq, UserId};
    use chat_proto::message::{Content, Item, Message};
    use chat_proto::time::UnixMillis;

    use super::super::{items, open};
    use super::*;
    use crate::store::{Append, Change, Revision};

    const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
    const GENERAL: RoomId = RoomId(1);

    fn said(body: &str) -> Content {
        Content::Message(Message::plain(body.parse().expect("a body")))
    }

    fn append(seq: u64, body: &str) -> Append {
        Append { room: GENERAL, seq: Seq(seq), at: NOW, by: UserId(0), content: said(body), chain: None }
    }

    fn change(seq: u64, changed: u64, revision: Revision, content: Content) -> Change {
        let item = Item { seq: Seq(seq), changed: Seq(changed), at: NOW, by: UserId(0), content };
        Change { room: GENERAL, item, revision, at: NOW }
    }

    fn found(c: &Connection, word: &str) -> i64 {
        let query = "SELECT count(*) FROM item_text WHERE item_text MATCH ?1";
        c.query_row(query, [word], |row| row.get(0)).expect("looked for")
    }

    #[test]
    fn the_index_holds_what_the_writes_of_one_transaction_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", NOW.0).expect("it opens");
        let runs = RunRecorder::new(Run(1));
        let batch = Batch::on(&c, &runs);
        c.execute_batch("BEGIN").expect("begun");
        for (seq, body) in [(1, "apple"), (2, "pear"), (3, "plum")] {
            items::append(&batch, &append(seq, body)).expect("added");
        }
        let deleted = Content::Deleted { deleted_at: NOW, deleted_by: UserId(0) };
        items::change(&batch, &change(1, 4, Revision::Delete, deleted)).expect("deleted");
        items::change(&batch, &change(2, 5, Revision::Edit, said("quince"))).expect("edited");
        let (pending_index, savepoint) = (batch.pending_index(), c.execute_batch("SAVEPOINT write"));
        savepoint.expect("a savepoint");
        items::append(&batch, &append(6, "cherry")).expect("added");
        c.execute_batch("ROLLBACK TO write; RELEASE write").expect("taken back");
        batch.truncate_index(pending_index);
        batch.flush_index().expect("flushed");
        c.execute_batch("COMMIT").expect("kept");
        let words = ["apple", "pear", "plum", "quince", "cherry"];
        assert_eq!(words.map(|word| found(&c, word)), [0, 0, 1, 1, 0]);
        // Checks the index in itself: by design it lacks the rows of the table that have no text.
        c.execute_batch("INSERT INTO item_text (item_text) VALUES ('integrity-check')").expect("it is sound");
    }
}
