//! Removes old messages: their rows, their mentions and, as a deletion does, their texts. The room remembers up to where, and
//! its numbers and counts go on. Must not know how old is old, or who asks.

use std::collections::BTreeMap;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, params};

use super::row::{self, all, execute, sql};
use super::{bodies, join_run, word_index};
use crate::store::{MessageRange, StoreError};

/// The most messages of one range: so many are removed between two posts.
const MESSAGES: u32 = 100;
/// The most items that one range spans. Joins may lie between the messages.
const ITEMS: u32 = 2_000;

/// Returns when the newest message was accepted.
pub(super) fn newest_message_at(c: &Connection) -> Result<Option<UnixMillis>, StoreError> {
    let newest = row::one(c, "SELECT max(last_message_at) FROM room", [], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
    Ok(newest.flatten().map(UnixMillis))
}

/// Returns the rooms whose oldest message is older than `before`, closed ones, too.
pub(super) fn rooms(c: &Connection, before: UnixMillis) -> Result<Vec<RoomId>, StoreError> {
    let query = "SELECT id FROM room WHERE (SELECT at FROM item WHERE item.room = room.id AND item.seq > room.pruned_to
           AND item.ordinal IS NOT NULL ORDER BY item.seq LIMIT 1) < ?1 ORDER BY id";
    all(c, query, [before.0], |row| Ok(RoomId(row::number(row, 0)?)))
}

/// Returns the oldest messages of a room, up to the first that is not older than `before`, as many as one step removes.
pub(super) fn oldest(c: &Connection, room: RoomId, before: UnixMillis) -> Result<Option<MessageRange>, StoreError> {
    let start =
        row::one(c, "SELECT pruned_to FROM room WHERE id = ?1", [sql(room.0)], |row| Ok(Seq(row::number(row, 0)?)))?;
    oldest_after(c, room, (start.unwrap_or(Seq::ZERO), before))
}

/// As [`oldest`], of the messages after `start`.
pub(super) fn oldest_after(
    c: &Connection,
    room: RoomId,
    (start, before): (Seq, UnixMillis),
) -> Result<Option<MessageRange>, StoreError> {
    let query = "SELECT seq, at, ordinal IS NOT NULL FROM item WHERE room = ?1 AND seq > ?2 ORDER BY seq";
    let mut statement = c.prepare_cached(query)?;
    let mut rows = statement.query([sql(room.0), sql(start.0)])?;
    let mut range: Option<MessageRange> = None;
    let mut items = 0;
    while let Some(row) = rows.next()? {
        let (seq, at, is_message) = (Seq(row::number(row, 0)?), UnixMillis(row.get(1)?), row.get(2)?);
        if is_message {
            if at >= before {
                break;
            }
            let range = range.get_or_insert(MessageRange { first: seq, last: seq, messages: 0 });
            (range.last, range.messages) = (seq, range.messages + 1);
        }
        items += u32::from(range.is_some());
        if items >= ITEMS || range.is_some_and(|range| range.messages >= MESSAGES) {
            break;
        }
    }
    Ok(range)
}

/// A message that is removed.
struct Old {
    id: i64,
    author: i64,
    ordinal: i64,
    own_ordinal: i64,
    /// The row of its text; `None` if it was deleted.
    body: Option<i64>,
}

/// Removes the messages of a range that [`oldest`] returned. Those up to its end are read for everyone: the read markers
/// count from the room's and the authors' pruned ordinals on, so the work does not grow with the members.
pub(super) fn prune(c: &Connection, room: RoomId, range: MessageRange) -> Result<(), StoreError> {
    let (room, first, last) = (sql(room.0), sql(range.first.0), sql(range.last.0));
    let query = "SELECT id, author, ordinal, coalesce(own_ordinal, 0), body FROM item
         WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND ordinal IS NOT NULL ORDER BY seq";
    let old = all(c, query, [room, first, last], |row| {
        let (id, author, ordinal) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Old { id, author, ordinal, own_ordinal: row.get(3)?, body: row.get(4)? })
    })?;
    let mut authors = BTreeMap::new();
    for message in &old {
        remove(c, message)?;
        authors.insert(message.author, message.own_ordinal);
    }
    for (account, own_ordinal) in authors {
        // The author of the room's last message may have no row yet.
        let read = "INSERT INTO author (room, account, ordinal, last_seq, pruned_ordinal) VALUES (?1, ?2, 0, 0, ?3)
             ON CONFLICT DO UPDATE SET pruned_ordinal = max(pruned_ordinal, ?3)";
        execute(c, read, [room, account, own_ordinal])?;
    }
    word_index::lower_mark(c)?;
    execute(c, "DELETE FROM mention WHERE room = ?1 AND seq BETWEEN ?2 AND ?3", [room, first, last])?;
    join_run::rejoin(c, room, range, ITEMS)?;
    let standing = old.iter().filter(|message| message.body.is_some()).count() as i64;
    let ordinal = old.last().map_or(0, |message| message.ordinal);
    let update = "UPDATE room SET messages = messages - ?2, pruned_to = max(pruned_to, ?3),
           pruned_ordinal = max(pruned_ordinal, ?4) WHERE id = ?1";
    execute(c, update, params![room, standing, last, ordinal]).map(drop)
}

fn remove(c: &Connection, message: &Old) -> Result<(), StoreError> {
    let versions = all(c, "SELECT body FROM version WHERE item = ?1", [message.id], |row| Ok(row.get(0)?))?;
    if let Some(body) = message.body {
        word_index::remove(c, message.id, body)?;
    }
    for body in message.body.into_iter().chain(versions) {
        bodies::erase(c, body)?;
    }
    execute(c, "DELETE FROM version WHERE item = ?1", [message.id])?;
    execute(c, "DELETE FROM item WHERE id = ?1", [message.id]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    /// A room of 400 members, in which accounts 1 and 2 posted in turn, and before each of 300 messages somebody joined.
    fn joined() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        c.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT OR REPLACE INTO room (id, kind, name, created_at, created_by, head, ordinal, messages)
                VALUES (1, 0, 'x', 0, 1, 600, 300, 300);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO item (room, seq, changed, at, author, ordinal, own_ordinal, what, run_from, run_joined, run_left)
             SELECT 1, i, i, i, i / 2 % 2 + 1, iif(i % 2, NULL, i / 2), iif(i % 2, NULL, (i / 2 + 1) / 2),
               iif(i % 2, '{\"v\":2,\"kind\":\"join\"}',
                 '{\"v\":2,\"kind\":\"deleted\",\"deleted_at\":0,\"deleted_by\":\"U1\"}'),
               iif(i % 2, i, NULL), iif(i % 2, 1, NULL), iif(i % 2, 0, NULL) FROM n;
             INSERT INTO author (room, account, ordinal, last_seq) VALUES (1, 1, 150, 600), (1, 2, 150, 598);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
             INSERT INTO member (room, account, role, joined_at, read_seq) SELECT 1, i, 0, 0, 0 FROM n;",
        )
        .expect("filled");
        (folder, c)
    }

    #[test]
    fn pruning_writes_no_row_per_member() {
        let (_folder, c) = joined();
        let range = oldest(&c, RoomId(1), UnixMillis(9)).expect("read").expect("four are old");
        let before = c.total_changes();
        prune(&c, RoomId(1), range).expect("removed");
        // The messages, the joins that now follow each other, the two authors and the room.
        let changes = c.total_changes() - before;
        assert!(changes <= 12, "{changes} rows");
        let written = "SELECT count(*) FROM member WHERE read_ordinal > 0 OR read_own_ordinal > 0";
        assert_eq!(c.query_row(written, [], |row| row.get::<_, i64>(0)), Ok(0));
    }

    #[test]
    fn joins_between_removed_messages_become_one_run() {
        let (_folder, c) = joined();
        while let Some(range) = oldest(&c, RoomId(1), UnixMillis(500)).expect("read") {
            prune(&c, RoomId(1), range).expect("removed");
        }
        let place = join_run::last_before(&c, 1, Seq(498)).expect("read");
        assert_eq!(place, Some(join_run::Place { from: Seq(1), joined: 249, left: 0 }));
        // The join behind the last removed message waits for the next step.
        let place = join_run::last_before(&c, 1, Seq(500)).expect("read");
        assert_eq!(place, Some(join_run::Place { from: Seq(499), joined: 1, left: 0 }));
    }

    #[test]
    fn an_update_joins_the_runs_of_rooms_whose_messages_were_removed_before() {
        let c = Connection::open_in_memory().expect("a database");
        let update = "ALTER TABLE author ADD COLUMN pruned_ordinal";
        let before = open::MIGRATIONS.iter().position(|sql| sql.contains(update)).expect("it is there");
        for migration in &open::MIGRATIONS[..before] {
            c.execute_batch(migration).expect("migrated");
        }
        // Two joins between removed messages, one behind the last of them, which goes on with the run of the second.
        c.execute_batch(
            "INSERT INTO room (kind, created_at, created_by, pruned_to) VALUES (0, 0, 0, 0), (0, 0, 0, 14);
             INSERT INTO item (room, seq, changed, at, author, what, run_from, run_joined, run_left)
               SELECT room.id, seq, seq, 0, 1, '{\"v\":2,\"kind\":\"join\"}', run_from, joined, 0
               FROM room, (SELECT 11 AS seq, 11 AS run_from, 1 AS joined UNION VALUES (13, 13, 1), (15, 13, 2));",
        )
        .expect("filled");
        for migration in &open::MIGRATIONS[before..] {
            c.execute_batch(migration).expect("migrated");
        }
        let place =
            |room, below| join_run::last_before(&c, room, Seq(below)).expect("read").map(|at| (at.from.0, at.joined));
        assert_eq!((place(1, 14), place(1, 16)), (Some((13, 1)), Some((13, 2))), "nothing was removed there");
        assert_eq!((place(2, 12), place(2, 14), place(2, 16)), (Some((11, 1)), Some((11, 2)), Some((11, 3))));
    }
}
