//! Items: appending, changing, paging. Must not know members or who may do what.

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message, Version};
use chat_proto::room::Rsvp;
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, params};

use super::batch::Batch;
use super::bodies;
use super::join_run;
use super::room_tip::Ordinals;
use super::rooms;
use super::row::{self, ITEM, all, execute, one, sql};
use super::word_index;
use crate::post_digest::{self, PostDigest};
use crate::store::{Append, Appended, Change, RecentBounds, Record, Revision, StoreError};
use crate::stored;

pub(super) fn append(c: &Batch<'_>, event: &Append) -> Result<Appended, StoreError> {
    if let Some((message, key)) = event.message() {
        if let Some(first) = append_message(c, event, message, key)? {
            return Ok(first);
        }
    } else {
        c.settle()?;
        let room = sql(event.room.0);
        c.record_run(room)?;
        let (seq, by, what) = (sql(event.seq.0), sql(event.by.0), stored::to_column(&event.content));
        let run = join_run::of_next(c, room, event.seq, &event.content)?;
        let (joined, left) = (run.map(|run| run.joined), run.map(|run| run.left));
        let values = params![room, seq, event.at.0, by, what, run.map(|run| sql(run.from.0)), joined, left];
        let insert = "INSERT INTO item (room, seq, changed, at, author, what, run_from, run_joined, run_left)
             VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        execute(c, insert, values)?;
        execute(c, "UPDATE room SET head = max(head, ?2) WHERE id = ?1", [room, sql(event.seq.0)])?;
        rooms::apply(c, event.room, &event.content, event.by, event.at)?;
    }
    Ok(Appended { seq: event.seq, at: event.at, is_duplicate: false })
}

/// Appends a message. Returns the first one if its key was used before; then nothing is appended.
fn append_message(
    c: &Batch<'_>,
    event: &Append,
    message: &Message,
    key: Option<&ClientKey>,
) -> Result<Option<Appended>, StoreError> {
    let (room, seq, body) = (sql(event.room.0), sql(event.seq.0), message.body.as_str());
    let digest = post_digest::of(event.room, body);
    if let Some(key) = key
        && let Some(first) = first_of(c, event, key, digest)?
    {
        return Ok(Some(first));
    }
    c.record_run(room)?;
    let (key, content) = (key.map(ClientKey::as_str), stored::to_column(&event.content));
    let by = sql(event.by.0);
    let ordinals = c.tips().next(c, (room, by))?;
    let body = bodies::add(c, body)?;
    let insert = "INSERT INTO item (room, seq, changed, at, author, ordinal, key, digest, body, what, own_ordinal)
         VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let Ordinals { of_room, of_author } = ordinals;
    execute(c, insert, params![room, seq, event.at.0, by, of_room, key, digest, body, content, of_author])?;
    add_mentions(c, (room, seq), event.by, &message.mentions)?;
    c.tips().added(c, room, (by, seq, event.at.0), ordinals)?;
    Ok(None)
}

/// Removes the mentions of one message.
const REMOVE_MENTIONS: &str = "DELETE FROM mention WHERE room = ?1 AND seq = ?2";

fn set_mentions(c: &Connection, change: &Change, accounts: &[UserId]) -> Result<(), StoreError> {
    let (room, seq) = (sql(change.room.0), sql(change.item.seq.0));
    execute(c, REMOVE_MENTIONS, [room, seq])?;
    add_mentions(c, (room, seq), change.item.by, accounts)
}

/// Authors do not mention themselves.
fn add_mentions(c: &Connection, (room, seq): (i64, i64), by: UserId, accounts: &[UserId]) -> Result<(), StoreError> {
    for account in accounts.iter().filter(|account| **account != by) {
        execute(c, "INSERT OR IGNORE INTO mention VALUES (?1, ?2, ?3)", [sql(account.0), room, seq])?;
    }
    Ok(())
}

/// The former texts of a message, oldest first, each with the moment it was replaced.
pub(super) fn versions(c: &Connection, room: RoomId, seq: Seq) -> Result<Vec<Version>, StoreError> {
    let query = "SELECT body.text, version.at FROM version JOIN item ON item.id = version.item
         JOIN body ON body.id = version.body WHERE item.room = ?1 AND item.seq = ?2 ORDER BY number";
    let field = (Record::Item(room, seq), "version");
    all(c, query, [sql(room.0), sql(seq.0)], |row| {
        Ok(Version { body: row::required_text(row, 0, field)?, replaced_at: UnixMillis(row.get(1)?) })
    })
}

/// The message for which its sender used this key first.
fn first_of(
    c: &Connection,
    event: &Append,
    key: &ClientKey,
    digest: PostDigest,
) -> Result<Option<Appended>, StoreError> {
    let query = "SELECT seq, at, digest, room FROM item WHERE author = ?1 AND key = ?2";
    let found = one(c, query, params![sql(event.by.0), key.as_str()], |row| {
        Ok((row::number(row, 0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?, row::number(row, 3)?))
    })?;
    match found {
        None => Ok(None),
        Some((seq, at, first, room)) if first == digest && room == event.room.0 => {
            Ok(Some(Appended { seq: Seq(seq), at: UnixMillis(at), is_duplicate: true }))
        }
        Some(_) => Err(StoreError::KeyReused),
    }
}

pub(super) fn is_key_used(c: &Connection, account: UserId, key: &ClientKey) -> Result<bool, StoreError> {
    let query = "SELECT 1 FROM item WHERE author = ?1 AND key = ?2";
    Ok(one(c, query, params![sql(account.0), key.as_str()], |_| Ok(()))?.is_some())
}

pub(super) fn change(c: &Batch<'_>, change: &Change) -> Result<(), StoreError> {
    c.record_run(sql(change.room.0))?;
    match change.revision {
        Revision::Edit => edit(c, change),
        Revision::Delete => delete(c, change),
        Revision::Answer(answer) => change_answer(c, change, answer),
    }
}

fn edit(c: &Batch<'_>, change: &Change) -> Result<(), StoreError> {
    let Content::Message(message) = &change.item.content else { return Err(StoreError::NotFound) };
    let (id, before) = message_before(c, change)?;
    let keep = "INSERT INTO version SELECT ?1, (SELECT count(*) + 1 FROM version WHERE item = ?1), ?2, ?3";
    execute(c, keep, params![id, before, change.at.0])?;
    set_mentions(c, change, &message.mentions)?;
    let text = message.body.as_str();
    word_index::remove(c, id, before)?;
    word_index::replace(c, id, text)?;
    let body = bodies::add(c, text)?;
    write_state(c, change, id, Some(body))
}

fn delete(c: &Batch<'_>, change: &Change) -> Result<(), StoreError> {
    let room = sql(change.room.0);
    let (id, before) = message_before(c, change)?;
    word_index::remove(c, id, before)?;
    bodies::erase(c, before)?;
    for version in all(c, "SELECT body FROM version WHERE item = ?1", [id], |row| Ok(row.get(0)?))? {
        bodies::erase(c, version)?;
    }
    execute(c, "DELETE FROM version WHERE item = ?1", [id])?;
    set_mentions(c, change, &[])?;
    execute(c, "UPDATE room SET messages = messages - 1 WHERE id = ?1", [room])?;
    write_state(c, change, id, None)
}

fn change_answer(c: &Batch<'_>, change: &Change, answer: Rsvp) -> Result<(), StoreError> {
    let (room, seq, by) = (sql(change.room.0), sql(change.item.seq.0), sql(change.item.by.0));
    let set = "UPDATE member SET rsvp = ?4 WHERE room = ?1 AND account = ?3 AND rsvp_seq = ?2";
    if execute(c, set, params![room, seq, by, row::rsvp_column(answer)])? == 0 {
        return Err(StoreError::NotFound);
    }
    let query = "SELECT id FROM item WHERE room = ?1 AND seq = ?2";
    let id = one(c, query, [room, seq], |row| Ok(row.get::<_, i64>(0)?))?.ok_or(StoreError::NotFound)?;
    write_state(c, change, id, None)
}

/// Returns the row of a message that was not deleted, and that of its text until now.
fn message_before(c: &Connection, change: &Change) -> Result<(i64, i64), StoreError> {
    let query = "SELECT id, body FROM item WHERE room = ?1 AND seq = ?2 AND body IS NOT NULL";
    let found = one(c, query, [sql(change.room.0), sql(change.item.seq.0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.ok_or(StoreError::NotFound)
}

/// Writes an item in its new state, and the room's head.
fn write_state(c: &Connection, change: &Change, id: i64, body: Option<i64>) -> Result<(), StoreError> {
    let (room, changed) = (sql(change.room.0), sql(change.item.changed.0));
    let values = params![id, changed, body, stored::to_column(&change.item.content)];
    execute(c, "UPDATE item SET changed = ?2, body = ?3, what = ?4 WHERE id = ?1", values)?;
    execute(c, "UPDATE room SET head = max(head, ?2) WHERE id = ?1", [room, changed]).map(drop)
}

pub(super) fn by_seq(c: &Connection, room: RoomId, seq: Seq) -> Result<Option<Item>, StoreError> {
    let query = format!("SELECT {ITEM} FROM item WHERE room = ?1 AND seq = ?2");
    one(c, &query, [sql(room.0), sql(seq.0)], row::item)
}

/// The items changed after ?2, at most ?3: unchanged items and changed ones, each found through its own index.
fn changed(columns: &str, order: &str) -> String {
    format!(
        "SELECT * FROM (
           SELECT * FROM (SELECT {columns} FROM item
             WHERE room = ?1 AND seq > ?2 AND changed = seq ORDER BY seq {order} LIMIT ?3)
           UNION ALL
           SELECT * FROM (SELECT {columns} FROM item
             WHERE room = ?1 AND changed > ?2 AND changed <> seq ORDER BY changed {order} LIMIT ?3))
         ORDER BY changed {order} LIMIT ?3"
    )
}

pub(super) fn changes(c: &Connection, room: RoomId, after: Seq, limit: u32) -> Result<Vec<Item>, StoreError> {
    all(c, &changed(ITEM, "ASC"), params![sql(room.0), sql(after.0), limit], row::item)
}

/// Returns the items that changed last, latest first, and whether those are all. Texts beyond the bounds are not read.
pub(super) fn newest_changes(
    c: &Connection,
    room: RoomId,
    bounds: RecentBounds,
) -> Result<(Vec<Item>, bool), StoreError> {
    // To be sorted, whole items would all be read first.
    let ids = changed("id, changed", "DESC");
    let ids: Vec<i64> = all(c, &ids, params![sql(room.0), 0, bounds.events], |row| Ok(row.get(0)?))?;
    let query = format!("SELECT {ITEM} FROM item WHERE id = ?1");
    let (mut items, mut bytes) = (Vec::with_capacity(ids.len()), 0);
    for id in &ids {
        if bytes >= bounds.bytes {
            break;
        }
        let item = one(c, &query, [*id], row::item)?.ok_or(StoreError::NotFound)?;
        bytes += item.body_bytes();
        items.push(item);
    }
    let is_whole = items.len() == ids.len() && ids.len() < bounds.events as usize;
    Ok((items, is_whole))
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    #[test]
    fn a_change_of_a_message_finds_its_mentions_by_an_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let (connection, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        let explain = format!("EXPLAIN QUERY PLAN {REMOVE_MENTIONS}");
        let plan: Vec<String> = all(&connection, &explain, [1, 2], |row| Ok(row.get(3)?)).expect("a plan");
        assert!(plan.iter().any(|step| step.ends_with("mention_item (room=? AND seq=?)")), "{plan:#?}");
    }

    #[test]
    fn catching_up_reads_indexes_and_no_whole_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let (connection, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        for order in ["ASC", "DESC"] {
            let explain = format!("EXPLAIN QUERY PLAN {}", changed(ITEM, order));
            let plan: Vec<String> =
                all(&connection, &explain, params![1, 2, 3], |row| Ok(row.get(3)?)).expect("a plan");
            for index in ["item_seq (room=? AND seq>?)", "item_changed (room=? AND changed>?)"] {
                assert!(plan.iter().any(|step| step.ends_with(index)), "{index} in {plan:#?}");
            }
        }
    }
}
