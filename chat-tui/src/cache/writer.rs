//! The thread that writes: batches waiting operations into one transaction, and confirms posts once they are on disk.
//! Must not know why something is written.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;

use chat_proto::ids::{ClientKey, RoomId, Seq, UserId};
use chat_proto::message::Content;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::mpsc::UnboundedSender;

use super::encoding::to_text;
use super::outbox;
use crate::app::{PersistOp, Place, SavedRoom};

/// Operations in one transaction.
const BATCH_MAX: usize = 256;
/// Opened rooms that are remembered.
const OPENED_MAX: i64 = 50;
/// Texts kept in the input history.
const INPUTS_MAX: i64 = 500;

/// A report of the writing thread.
#[derive(Debug)]
pub enum CacheEvent {
    /// A post is on disk.
    Stored(ClientKey),
    /// A post could not be written, with the reason.
    NotStored(ClientKey, String),
    /// Something else could not be written.
    Failed(String),
}

/// Writes until the sender is dropped.
pub(super) fn run(
    mut connection: Connection,
    token: &str,
    ops: &Receiver<PersistOp>,
    events: &UnboundedSender<CacheEvent>,
) {
    while let Ok(first) = ops.recv() {
        let batch: Vec<PersistOp> = std::iter::once(first).chain(ops.try_iter().take(BATCH_MAX - 1)).collect();
        let written = write(&mut connection, token, &batch);
        let posts = batch.iter().filter_map(|op| match op {
            PersistOp::StorePost(post) => Some(post.key.clone()),
            _ => None,
        });
        match &written {
            Ok(_) => posts.for_each(|key: ClientKey| drop(events.send(CacheEvent::Stored(key)))),
            Err(error) => {
                let reason = error.to_string();
                drop(events.send(CacheEvent::Failed(reason.clone())));
                posts.for_each(|key| drop(events.send(CacheEvent::NotStored(key, reason.clone()))));
            }
        }
        // A removed text must not stay in the log either.
        if matches!(written, Ok(Removed(true))) {
            truncate_log(&connection);
        }
    }
    // Moves the log's content into the file.
    truncate_log(&connection);
}

/// Whether a text that was in the file is there no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Removed(bool);

fn write(connection: &mut Connection, token: &str, batch: &[PersistOp]) -> rusqlite::Result<Removed> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut removed = false;
    for op in batch {
        let Removed(is_removed) = write_one(&transaction, token, op)?;
        removed |= is_removed;
    }
    transaction.commit()?;
    Ok(Removed(removed))
}

fn write_one(transaction: &Transaction<'_>, token: &str, op: &PersistOp) -> rusqlite::Result<Removed> {
    let removed = match op {
        PersistOp::RemoveInput(text) => transaction.execute("DELETE FROM input WHERE text = ?1", [text])? > 0,
        PersistOp::StoreRooms(rooms) => {
            let mut removed = false;
            for room in rooms {
                removed |= save_room(transaction, room)?;
            }
            removed
        }
        PersistOp::RemoveRooms(rooms) => {
            rooms.iter().try_for_each(|room| remove_room(transaction, *room))?;
            true
        }
        PersistOp::RemoveItems(rooms) => {
            rooms.iter().try_for_each(|room| remove_items(transaction, *room))?;
            true
        }
        PersistOp::RemoveMessages(room, to) => remove_messages(transaction, *room, *to)?,
        PersistOp::RemoveAllRooms => {
            transaction.execute_batch(
                "DELETE FROM item; DELETE FROM room; DELETE FROM draft; DELETE FROM place; DELETE FROM person;
                 DELETE FROM opened_room;",
            )?;
            true
        }
        PersistOp::StorePost(_)
        | PersistOp::RemovePost(_)
        | PersistOp::AddInput(_)
        | PersistOp::StoreUsedKey(_)
        | PersistOp::StoreUsedCommand(_)
        | PersistOp::StoreOpenedRoom(_)
        | PersistOp::StoreDraft(..)
        | PersistOp::StorePlaces(_)
        | PersistOp::StoreAccount { .. } => {
            store_one(transaction, token, op)?;
            false
        }
    };
    Ok(Removed(removed))
}

/// Does what removes no text of a message.
fn store_one(transaction: &Transaction<'_>, token: &str, op: &PersistOp) -> rusqlite::Result<()> {
    match op {
        PersistOp::StorePost(post) => outbox::put(transaction, token, account(transaction)?, post),
        PersistOp::RemovePost(key) => outbox::remove(transaction, key),
        PersistOp::AddInput(text) => add_input(transaction, text),
        PersistOp::StoreUsedKey(name) => {
            transaction.execute("INSERT OR IGNORE INTO used_key (name) VALUES (?1)", [name]).map(drop)
        }
        PersistOp::StoreUsedCommand(name) => store_used_command(transaction, name),
        PersistOp::StoreOpenedRoom(room) => store_opened_room(transaction, *room),
        PersistOp::StoreDraft(room, text) => save_draft(transaction, *room, text),
        PersistOp::StorePlaces(places) => {
            places.iter().try_for_each(|(room, place)| save_place(transaction, *room, *place))
        }
        PersistOp::StoreAccount { me, epoch, account, open, users } => {
            transaction.execute(
                "INSERT OR REPLACE INTO account (id, user, name, epoch, seq, open) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
                params![
                    me.id.0.cast_signed(),
                    me.name.as_str(),
                    &*epoch.0,
                    account.0.cast_signed(),
                    open.map(|room| room.0.cast_signed())
                ],
            )?;
            users.iter().try_for_each(|user| {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO person (id, user) VALUES (?1, ?2)")?
                    .execute(params![user.id.0.cast_signed(), to_text(user)])
                    .map(drop)
            })
        }
        // They remove something.
        PersistOp::RemoveInput(_)
        | PersistOp::StoreRooms(_)
        | PersistOp::RemoveRooms(_)
        | PersistOp::RemoveItems(_)
        | PersistOp::RemoveMessages(..)
        | PersistOp::RemoveAllRooms => Ok(()),
    }
}

/// The account that is signed in, to which posts belong.
fn account(transaction: &Transaction<'_>) -> rusqlite::Result<UserId> {
    transaction.query_row("SELECT user FROM account", [], |row| Ok(UserId(row.get::<_, i64>(0)?.cast_unsigned())))
}

fn add_input(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<()> {
    transaction.execute("INSERT INTO input (text) VALUES (?1)", [text])?;
    transaction.execute("DELETE FROM input WHERE id <= (SELECT max(id) FROM input) - ?1", [INPUTS_MAX]).map(drop)
}

fn store_used_command(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<()> {
    let store = "INSERT OR REPLACE INTO used_command (name, position)
         SELECT ?1, coalesce(max(position), 0) + 1 FROM used_command";
    transaction.execute(store, [name]).map(drop)
}

fn store_opened_room(transaction: &Transaction<'_>, room: RoomId) -> rusqlite::Result<()> {
    let store = "INSERT OR REPLACE INTO opened_room (room, position)
         SELECT ?1, coalesce(max(position), 0) + 1 FROM opened_room";
    transaction.execute(store, [room.0.cast_signed()])?;
    let trim = "DELETE FROM opened_room WHERE room NOT IN
         (SELECT room FROM opened_room ORDER BY position DESC LIMIT ?1)";
    transaction.execute(trim, [OPENED_MAX]).map(drop)
}

fn save_draft(transaction: &Transaction<'_>, room: RoomId, text: &str) -> rusqlite::Result<()> {
    let room = room.0.cast_signed();
    if text.is_empty() {
        return transaction.execute("DELETE FROM draft WHERE room = ?1", [room]).map(drop);
    }
    transaction.execute("INSERT OR REPLACE INTO draft (room, text) VALUES (?1, ?2)", params![room, text]).map(drop)
}

fn save_place(transaction: &Transaction<'_>, room: RoomId, place: Option<Place>) -> rusqlite::Result<()> {
    let room = room.0.cast_signed();
    let Some(Place { seq, row }) = place else {
        return transaction.execute("DELETE FROM place WHERE room = ?1", [room]).map(drop);
    };
    let mut statement =
        transaction.prepare_cached("INSERT OR REPLACE INTO place (room, seq, row) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![room, seq.0.cast_signed(), row]).map(drop)
}

/// Saves a room, with those of its items that the file lacks in this state. Returns whether the text of a message is gone.
fn save_room(transaction: &Transaction<'_>, saved: &SavedRoom) -> rusqlite::Result<bool> {
    let room = saved.membership.room.id.0.cast_signed();
    transaction.execute(
        "INSERT OR REPLACE INTO room (id, membership, announced, cursor, floor) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            room,
            to_text(&saved.membership),
            saved.announced.0.cast_signed(),
            to_text(&saved.cursor),
            saved.floor.0.cast_signed()
        ],
    )?;
    transaction.execute("DELETE FROM item WHERE room = ?1 AND seq < ?2", params![room, saved.floor.0.cast_signed()])?;
    let mut known = transaction.prepare_cached("SELECT seq, changed FROM item WHERE room = ?1")?;
    let known: HashMap<i64, i64> =
        known.query_map([room], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut statement =
        transaction.prepare_cached("INSERT OR REPLACE INTO item (room, seq, changed, item) VALUES (?1, ?2, ?3, ?4)")?;
    let mut is_removed = false;
    for item in &saved.items {
        let (seq, changed) = (item.seq.0.cast_signed(), item.changed.0.cast_signed());
        let in_file = known.get(&seq);
        if in_file.is_some_and(|in_file| *in_file >= changed) {
            continue;
        }
        statement.execute(params![room, seq, changed, to_text(item)])?;
        is_removed |= in_file.is_some() && matches!(item.content, Content::Deleted { .. });
    }
    Ok(is_removed)
}

fn remove_room(transaction: &Transaction<'_>, room: RoomId) -> rusqlite::Result<()> {
    remove_items(transaction, room)?;
    transaction.execute("DELETE FROM draft WHERE room = ?1", [room.0.cast_signed()]).map(drop)
}

fn remove_items(transaction: &Transaction<'_>, room: RoomId) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM item WHERE room = ?1", [room.0.cast_signed()])?;
    transaction.execute("DELETE FROM place WHERE room = ?1", [room.0.cast_signed()])?;
    transaction.execute("DELETE FROM room WHERE id = ?1", [room.0.cast_signed()]).map(drop)
}

fn remove_messages(transaction: &Transaction<'_>, room: RoomId, to: Seq) -> rusqlite::Result<bool> {
    let remove = "DELETE FROM item WHERE room = ?1 AND seq <= ?2
         AND item ->> '$.content.kind' IN ('message', 'deleted', 'damaged')";
    Ok(transaction.execute(remove, [room.0.cast_signed(), to.0.cast_signed()])? > 0)
}

/// Empties the log. If another run is reading it, the next call does.
fn truncate_log(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::debug!(%error, "the cache's log could not be emptied");
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::cursor::Cursor;
    use chat_proto::ids::{AccountSeq, Epoch, Run};
    use chat_proto::message::Item;
    use chat_proto::time::UnixMillis;

    use super::*;
    use crate::app::ServerKey;
    use crate::app::tests::{ANA, GENERAL, ME, OPS, membership, message, user};
    use crate::cache::{restore, schema};

    #[test]
    fn a_room_of_another_life_loses_its_items_and_keeps_its_draft() {
        let mut connection = schema::memory();
        let cursor = Cursor { run: Some(Run(7)), seq: Seq(9), persistent: Seq(8) };
        let saved = |room, name| SavedRoom {
            membership: membership(room, name, 9),
            announced: Seq(4),
            cursor,
            floor: Seq(1),
            items: vec![message(8, ANA, "eight")],
        };
        let account = PersistOp::StoreAccount {
            me: user(ME, "zoe"),
            epoch: Epoch("one".into()),
            account: AccountSeq(0),
            open: None,
            users: Vec::new(),
        };
        let place = Place { seq: Seq(8), row: -1 };
        let ops = [
            account,
            PersistOp::StoreRooms(vec![saved(GENERAL, "general"), saved(OPS, "ops")]),
            PersistOp::StoreDraft(GENERAL, "half a thought".into()),
            PersistOp::StorePlaces(vec![(GENERAL, Some(place)), (OPS, Some(place))]),
            PersistOp::StoreUsedKey("help"),
            PersistOp::StoreUsedKey("help"),
            PersistOp::StoreUsedCommand("who"),
            PersistOp::StoreUsedCommand("topic"),
            PersistOp::StoreUsedCommand("who"),
            PersistOp::StoreOpenedRoom(GENERAL),
            PersistOp::StoreOpenedRoom(OPS),
            PersistOp::RemoveItems(vec![GENERAL]),
        ];
        write(&mut connection, "run", &ops).expect("written");
        let restored = restore::read(&connection, ServerKey::FIRST, "run").expect("read");
        assert_eq!(restored.rooms, [saved(OPS, "ops")], "with the cursor as it was");
        assert_eq!(restored.places, [(OPS, place)]);
        assert_eq!(restored.drafts, [(GENERAL, "half a thought".to_owned())]);
        assert_eq!(restored.used_keys, ["help"]);
        assert_eq!(restored.used_commands, ["who", "topic"], "the last one first");
        assert_eq!(restored.opened_rooms, [OPS, GENERAL]);
        let left: i64 = connection.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).expect("counted");
        assert_eq!(left, 1);
    }

    #[test]
    fn only_the_last_of_many_opened_rooms_are_remembered() {
        let mut connection = schema::memory();
        let opened = |rooms: std::ops::Range<u64>| rooms.map(|room| PersistOp::StoreOpenedRoom(RoomId(room)));
        let ops: Vec<_> = opened(0..60).chain(opened(20..21)).collect();
        write(&mut connection, "run", &ops).expect("written");
        let rooms = restore::read(&connection, ServerKey::FIRST, "run").expect("read").opened_rooms;
        assert_eq!((rooms.len(), rooms[0], rooms[49]), (50, RoomId(20), RoomId(10)));
    }

    #[test]
    fn the_messages_that_the_server_removed_leave_the_file() {
        let mut connection = schema::memory();
        let joins = Item { content: Content::Join, ..message(2, ANA, "-") };
        let saved = SavedRoom {
            membership: membership(GENERAL, "general", 9),
            announced: Seq(9),
            cursor: Cursor { run: Some(Run(7)), seq: Seq(9), persistent: Seq(8) },
            floor: Seq(1),
            items: vec![message(1, ANA, "old"), joins.clone(), message(3, ANA, "kept")],
        };
        let remove = PersistOp::RemoveMessages(GENERAL, Seq(2));
        let account = PersistOp::StoreAccount {
            me: user(ME, "zoe"),
            epoch: Epoch("one".into()),
            account: AccountSeq(0),
            open: None,
            users: Vec::new(),
        };
        let ops = [account, PersistOp::StoreRooms(vec![saved]), remove.clone()];
        assert_eq!(write(&mut connection, "run", &ops).expect("written"), Removed(true));
        assert_eq!(write(&mut connection, "run", &[remove]).expect("written"), Removed(false), "there are none left");
        let restored = restore::read(&connection, ServerKey::FIRST, "run").expect("read");
        assert_eq!(restored.rooms[0].items, [joins, message(3, ANA, "kept")]);
    }

    #[test]
    fn only_a_deletion_that_changes_the_file_removes_a_text_from_it() {
        let mut connection = schema::memory();
        let deleted = Item {
            changed: Seq(9),
            content: Content::Deleted { deleted_at: UnixMillis(8), deleted_by: ANA },
            ..message(1, ANA, "gone")
        };
        let save = |items| {
            let cursor = Cursor { run: Some(Run(7)), seq: Seq(9), persistent: Seq(9) };
            let membership = membership(GENERAL, "general", 9);
            PersistOp::StoreRooms(vec![SavedRoom { membership, cursor, floor: Seq(1), items, announced: Seq(9) }])
        };
        let mut write = |op| write(&mut connection, "run", &[op]).expect("written");
        assert_eq!(write(save(vec![message(1, ANA, "gone"), message(2, ANA, "two")])), Removed(false));
        assert_eq!(write(save(vec![deleted.clone(), message(2, ANA, "two")])), Removed(true));
        assert_eq!(write(save(vec![deleted, message(3, ANA, "three")])), Removed(false), "it was known");
    }
}
