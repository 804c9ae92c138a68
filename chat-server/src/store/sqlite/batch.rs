//! One transaction as its writes see it: the connection, the record of runs that goes with the first write in a room, and
//! the rows of rooms that posts change once for all of them. Must not know what is written.

use std::cell::{RefCell, RefMut};
use std::ops::Deref;

use rusqlite::Connection;

use super::room_tip::Tips;
use super::row::execute;
use super::runs::RunRecorder;
use crate::store::StoreError;

/// An open transaction.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    runs: &'a RunRecorder,
    tips: RefCell<Tips>,
}

impl<'a> Batch<'a> {
    pub(super) fn on(connection: &'a Connection, runs: &'a RunRecorder) -> Self {
        Self { connection, runs, tips: RefCell::default() }
    }

    /// Records the present run in a room. Comes before the write that takes or reserves a number there.
    pub(super) fn record_run(&self, room: i64) -> Result<(), StoreError> {
        self.runs.record(self.connection, room)
    }

    /// The ends of the rooms in which this transaction has posted.
    pub(super) fn tips(&self) -> RefMut<'_, Tips> {
        self.tips.borrow_mut()
    }

    /// Writes what was gathered for the rows of rooms. Comes before each write that is no post: it may read them.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        self.tips().settle(self.connection)
    }

    /// Ends the transaction.
    pub(super) fn commit(&self) -> Result<(), StoreError> {
        self.settle()?;
        execute(self.connection, "COMMIT", []).map(drop)
    }

    /// The last write was rolled back.
    pub(super) fn forget(&self) {
        self.tips().forget();
        self.runs.forget();
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

    #[test]
    fn the_texts_are_what_the_writes_of_one_transaction_left() {
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
        c.execute_batch("SAVEPOINT write").expect("a savepoint");
        items::append(&batch, &append(6, "cherry")).expect("added");
        c.execute_batch("ROLLBACK TO write; RELEASE write; COMMIT").expect("taken back");
        let mut texts = c.prepare("SELECT text FROM body ORDER BY id").expect("a query");
        let texts = texts.query_map([], |row| row.get::<_, String>(0)).expect("asked").map(|text| text.expect("read"));
        assert_eq!(texts.collect::<Vec<_>>(), ["     ", "pear", "plum", "quince"], "an erased text keeps its length");
    }
}
