//! Removes old messages: their rows, their mentions and, as a deletion does, their texts. The room remembers up to where, and
//! its numbers and counts go on. Must not know how old is old, or who asks.

use chat_proto::ids::{RoomId, Seq};
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, params};

use super::bodies;
use super::row::{self, all, execute, sql};
use super::word_index;
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

/// Removes the messages of a range that [`oldest`] returned. Those up to its end are read for everyone.
pub(super) fn prune(c: &Connection, room: RoomId, range: MessageRange) -> Result<(), StoreError> {
    let (room, first, last) = (sql(room.0), sql(range.first.0), sql(range.last.0));
    let query = "SELECT id, author, ordinal, coalesce(own_ordinal, 0), body FROM item
         WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND ordinal IS NOT NULL ORDER BY seq";
    let old = all(c, query, [room, first, last], |row| {
        let (id, author, ordinal) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Old { id, author, ordinal, own_ordinal: row.get(3)?, body: row.get(4)? })
    })?;
    for message in &old {
        remove(c, room, message)?;
    }
    word_index::lower_mark(c)?;
    execute(c, "DELETE FROM mention WHERE room = ?1 AND seq BETWEEN ?2 AND ?3", [room, first, last])?;
    let standing = old.iter().filter(|message| message.body.is_some()).count() as i64;
    let ordinal = old.last().map_or(0, |message| message.ordinal);
    let update = "UPDATE room SET messages = messages - ?2, pruned_to = max(pruned_to, ?3),
           pruned_ordinal = max(pruned_ordinal, ?4) WHERE id = ?1";
    execute(c, update, params![room, standing, last, ordinal])?;
    let read = "UPDATE member SET read_ordinal = ?2 WHERE room = ?1 AND read_ordinal < ?2";
    execute(c, read, [room, ordinal]).map(drop)
}

fn remove(c: &Connection, room: i64, message: &Old) -> Result<(), StoreError> {
    let versions = all(c, "SELECT body FROM version WHERE item = ?1", [message.id], |row| Ok(row.get(0)?))?;
    if let Some(body) = message.body {
        word_index::remove(c, message.id, body)?;
    }
    for body in message.body.into_iter().chain(versions) {
        bodies::erase(c, body)?;
    }
    execute(c, "DELETE FROM version WHERE item = ?1", [message.id])?;
    execute(c, "DELETE FROM item WHERE id = ?1", [message.id])?;
    let read = "UPDATE member SET read_own_ordinal = max(read_own_ordinal, ?3) WHERE room = ?1 AND account = ?2";
    execute(c, read, [room, message.author, message.own_ordinal]).map(drop)
}
