//! The end of a room, as posts move it: read with the first post of a transaction in the room, and written once behind the
//! last. So posts that share a transaction change the row of their room once. Must not know items.
//!
//! The author of the last message is part of it: their count of own messages is written into `author` only when somebody else
//! posts, so that a row of posts by one author changes one page less each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, params};

use super::row::{execute, one};
use crate::store::StoreError;

/// Who posted last in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LastAuthor {
    account: i64,
    /// How many messages they have posted there, deleted ones included.
    ordinal: i64,
    /// The number of the last.
    seq: i64,
}

/// The end of one room.
#[derive(Debug)]
struct Tip {
    /// Persistent messages so far, deleted ones included.
    ordinal: i64,
    last_author: Option<LastAuthor>,
    /// Messages added since it was read.
    added: i64,
    /// When the last was accepted.
    last_at: i64,
}

/// The ends of the rooms in which a transaction has posted.
#[derive(Debug, Default)]
pub(super) struct Tips(HashMap<i64, Tip>);

/// The counts that a new message gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ordinals {
    /// Among the room's messages.
    pub(super) of_room: i64,
    /// Among those of its author.
    pub(super) of_author: i64,
}

impl Tips {
    /// Returns the counts of the next message of an account in a room, or `NotFound`.
    pub(super) fn next(&mut self, c: &Connection, (room, account): (i64, i64)) -> Result<Ordinals, StoreError> {
        let tip = match self.0.entry(room) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(read(c, room)?.ok_or(StoreError::NotFound)?),
        };
        let own = match tip.last_author {
            Some(last) if last.account == account => last.ordinal,
            Some(_) | None => own_ordinal(c, room, account)?,
        };
        Ok(Ordinals { of_room: tip.ordinal + 1, of_author: own + 1 })
    }

    /// A message with the counts of [`next`](Self::next) was added.
    pub(super) fn added(
        &mut self,
        c: &Connection,
        room: i64,
        (account, seq, at): (i64, i64, i64),
        ordinals: Ordinals,
    ) -> Result<(), StoreError> {
        let Some(tip) = self.0.get_mut(&room) else { return Ok(()) };
        if let Some(former) = tip.last_author.filter(|former| former.account != account) {
            let keep = "INSERT INTO author (room, account, ordinal, last_seq) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET ordinal = ?3, last_seq = ?4";
            execute(c, keep, params![room, former.account, former.ordinal, former.seq])?;
        }
        tip.last_author = Some(LastAuthor { account, ordinal: ordinals.of_author, seq });
        (tip.ordinal, tip.added, tip.last_at) = (ordinals.of_room, tip.added + 1, at);
        Ok(())
    }

    /// Writes the rooms' rows.
    pub(super) fn settle(&mut self, c: &Connection) -> Result<(), StoreError> {
        let update =
            "UPDATE room SET head = max(head, ?2), ordinal = ?3, messages = messages + ?4, last_message_at = ?5,
               last_author = ?6, last_author_ordinal = ?7, last_author_seq = ?2 WHERE id = ?1";
        for (room, tip) in self.0.drain() {
            let Some(last) = tip.last_author.filter(|_| tip.added > 0) else { continue };
            let values = params![room, last.seq, tip.ordinal, tip.added, tip.last_at, last.account, last.ordinal];
            execute(c, update, values)?;
        }
        Ok(())
    }

    /// The posts were rolled back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

fn read(c: &Connection, room: i64) -> Result<Option<Tip>, StoreError> {
    let query = "SELECT ordinal, last_author, last_author_ordinal, last_author_seq FROM room WHERE id = ?1";
    one(c, query, [room], |row| {
        let account: Option<i64> = row.get(1)?;
        let last_author = match account {
            Some(account) => Some(LastAuthor { account, ordinal: row.get(2)?, seq: row.get(3)? }),
            None => None,
        };
        Ok(Tip { ordinal: row.get(0)?, last_author, added: 0, last_at: 0 })
    })
}

fn own_ordinal(c: &Connection, room: i64, account: i64) -> Result<i64, StoreError> {
    let query = "SELECT ordinal FROM author WHERE room = ?1 AND account = ?2";
    Ok(one(c, query, [room, account], |row| Ok(row.get(0)?))?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{Run, UserId};

    use super::super::batch::Batch;
    use super::super::row::all;
    use super::super::runs::RunRecorder;
    use super::super::{items, open};
    use crate::store::conformance::event;

    #[test]
    fn posts_count_for_their_author_and_their_room_in_one_transaction_and_in_several() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        let runs = RunRecorder::new(Run(1));
        let by = [7, 7, 8, 7, 7, 7, 8, 8, 9, 7];
        for (number, posts) in by.chunks(4).enumerate() {
            c.execute_batch("BEGIN").expect("begun");
            let batch = Batch::on(&c, &runs);
            let before = c.total_changes();
            for (seq, account) in (4 * number as u64 + 1..).zip(posts) {
                items::append(&batch, &event(UserId(*account), seq, "a text")).expect("added");
            }
            let changes = c.total_changes() - before;
            batch.commit().expect("committed");
            let of_rooms = c.total_changes() - before - changes;
            assert_eq!(of_rooms, 1, "the room changes once");
        }
        let own =
            all(&c, "SELECT own_ordinal FROM item ORDER BY seq", [], |row| Ok(row.get::<_, i64>(0)?)).expect("read");
        assert_eq!(own, [1, 2, 1, 3, 4, 5, 2, 3, 1, 6]);
        let rows = |query: &str| -> Vec<(i64, i64, i64)> {
            all(&c, query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("read")
        };
        // The row of the last author is behind: their count is the room's.
        assert_eq!(rows("SELECT account, ordinal, last_seq FROM author"), [(7, 5, 6), (8, 3, 8), (9, 1, 9)]);
        assert_eq!(rows("SELECT last_author, last_author_ordinal, last_author_seq FROM room"), [(7, 6, 10)]);
        assert_eq!(rows("SELECT ordinal, messages, head FROM room"), [(10, 10, 10)]);
    }
}
