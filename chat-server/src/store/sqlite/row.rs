//! Rows to values and back. Must not know which statement a row comes from.

use chat_proto::cursor::Cursor;
use chat_proto::ids::{RoomId, Run, Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Role, Room, RoomKind, Rsvp, Topic};
use chat_proto::text::TextError;
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, Params, Row};

use super::damage;
use crate::store::{Account, Record, StoreError, StoredRoom};
use crate::stored::{self, StoredError};

/// An id or number as SQLite holds it.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column that holds an id or number.
pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|n| n.max(0) as u64)
}

/// A column of checked text, the field `name` of `record`; `None` for NULL.
pub(super) fn text<T: std::str::FromStr<Err = TextError>>(
    row: &Row<'_>,
    at: usize,
    (record, name): (Record, &'static str),
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(at).map_err(|error| StoreError::unreadable(record, name, error))?;
    text.map(|text| text.parse()).transpose().map_err(|error| StoreError::unreadable(record, name, error))
}

/// As [`text`], in a column that is never NULL.
pub(super) fn required_text<T: std::str::FromStr<Err = TextError>>(
    row: &Row<'_>,
    at: usize,
    field: (Record, &'static str),
) -> Result<T, StoreError> {
    text(row, at, field)?.ok_or_else(|| StoreError::unreadable(field.0, field.1, StoredError::Missing))
}

/// A column that holds the number of a word; `words` are those of 0, 1, ….
fn word<T: Copy>(
    row: &Row<'_>,
    at: usize,
    words: &[T],
    (record, name): (Record, &'static str),
) -> Result<T, StoreError> {
    let word = usize::try_from(row.get::<_, i64>(at)?).ok().and_then(|number| words.get(number));
    word.copied().ok_or_else(|| StoreError::unreadable(record, name, StoredError::Word))
}

/// The columns of an item, in the order [`item`] reads them.
pub(super) const ITEM: &str =
    "seq, changed, at, author, key, (SELECT text FROM body WHERE body.id = item.body), what, room";
/// How many columns [`ITEM`] has: those behind them in a query begin there.
pub(super) const ITEM_COLUMNS: usize = 8;

/// An item of the columns [`ITEM`]. One that is damaged is an item of that kind: it must not hide the others.
///
/// # Errors
/// If its place cannot be read.
pub(super) fn item(row: &Row<'_>) -> Result<Item, StoreError> {
    let (room, seq) = (RoomId(number(row, 7)?), Seq(number(row, 0)?));
    Ok(undamaged_item(row, room, seq).unwrap_or_else(|error| {
        damage::log((room, seq), &error);
        Item {
            seq,
            changed: Seq(number(row, 1).unwrap_or(0)).max(seq),
            at: UnixMillis(row.get(2).unwrap_or(0)),
            by: UserId(number(row, 3).unwrap_or(0)),
            content: Content::Damaged,
        }
    }))
}

/// The item at this place, of the columns [`ITEM`].
///
/// # Errors
/// If it is damaged.
pub(super) fn undamaged_item(row: &Row<'_>, room: RoomId, seq: Seq) -> Result<Item, StoreError> {
    let record = Record::Item(room, seq);
    let column: Option<String> = row.get(6).map_err(|error| StoreError::unreadable(record, "what", error))?;
    let message = match text(row, 5, (record, "body"))? {
        Some(body) => Some((body, text(row, 4, (record, "key"))?)),
        None => None,
    };
    Ok(Item {
        seq,
        changed: Seq(number(row, 1)?),
        at: UnixMillis(row.get(2)?),
        by: UserId(number(row, 3)?),
        content: stored::from_column(column.as_deref(), message)
            .map_err(|error| StoreError::unreadable(record, "what", error))?,
    })
}

/// The columns of an account, in the order [`account`] reads them.
pub(super) const ACCOUNT: &str = "account.id, account.name, account.os_uid, account.password, account.availability, account.status, account.last_seen";

/// An account of the columns [`ACCOUNT`].
pub(super) fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    let id = UserId(number(row, 0)?);
    let record = Record::Account(id);
    let availability: String = row.get(4)?;
    Ok(Account {
        id,
        name: required_text(row, 1, (record, "name"))?,
        os_uid: row.get(2)?,
        password: row.get(3)?,
        availability: stored::availability_from_word(&availability)
            .map_err(|error| StoreError::unreadable(record, "availability", error))?,
        status: text(row, 5, (record, "status"))?,
        last_seen: row.get::<_, Option<i64>>(6)?.map(UnixMillis),
        is_new: false,
    })
}

/// The columns of a room, in the order [`room`] reads them.
pub(super) const ROOM: &str = "room.id, room.kind, room.name, room.topic, room.topic_by, room.topic_at, room.description, \
     room.default_ttl_ms, room.closes_when_empty, room.members, room.created_at, room.created_by, room.head, \
     room.last_message_at, room.run, room.pruned_to";
/// How many columns [`ROOM`] has: those behind them in a query begin there.
pub(super) const ROOM_COLUMNS: usize = 16;

/// A room of the columns [`ROOM`].
pub(super) fn room(row: &Row<'_>) -> Result<StoredRoom, StoreError> {
    let id = RoomId(number(row, 0)?);
    let record = Record::Room(id);
    let topic = match text(row, 3, (record, "topic"))? {
        Some(text) => Some(Topic { text, by: UserId(number(row, 4)?), at: UnixMillis(row.get(5)?) }),
        None => None,
    };
    let room = Room {
        id,
        kind: word(row, 1, &[RoomKind::Public, RoomKind::Private, RoomKind::Direct], (record, "kind"))?,
        name: text(row, 2, (record, "name"))?,
        people: Vec::new(),
        topic,
        description: text(row, 6, (record, "description"))?,
        default_ttl_ms: row.get::<_, Option<i64>>(7)?.map(|ms| ms.max(0) as u64),
        closes_when_empty: row.get(8)?,
        members: row.get(9)?,
        created_at: UnixMillis(row.get(10)?),
        created_by: UserId(number(row, 11)?),
        pruned_to: Seq(number(row, 15)?),
    };
    let (run, seq) = (row.get::<_, Option<i64>>(14)?, Seq(number(row, 12)?));
    let head = Cursor { run: run.map(|run| Run(run.max(0) as u64)), seq, persistent: seq };
    Ok(StoredRoom { room, head, last_message_at: row.get::<_, Option<i64>>(13)?.map(UnixMillis) })
}

/// A kind of room as the column holds it.
pub(super) fn kind_column(kind: RoomKind) -> i64 {
    match kind {
        RoomKind::Public => 0,
        RoomKind::Private => 1,
        RoomKind::Direct => 2,
    }
}

/// A role as the column holds it: its place in [`Role::ALL`].
pub(super) fn role_column(role: Role) -> i64 {
    match role {
        Role::Member => 0,
        Role::Moderator => 1,
        Role::Owner => 2,
    }
}

/// A role of a column of `record`.
pub(super) fn role(row: &Row<'_>, at: usize, record: Record) -> Result<Role, StoreError> {
    word(row, at, &Role::ALL, (record, "role"))
}

/// An answer as the column holds it.
pub(super) fn rsvp_column(answer: Rsvp) -> i64 {
    match answer {
        Rsvp::None => 0,
        Rsvp::Interested => 1,
        Rsvp::Attending => 2,
    }
}

/// An answer of a column of `record`.
pub(super) fn rsvp(row: &Row<'_>, at: usize, record: Record) -> Result<Rsvp, StoreError> {
    word(row, at, &[Rsvp::None, Rsvp::Interested, Rsvp::Attending], (record, "rsvp"))
}

/// All rows of a query.
pub(super) fn all<T>(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    connection.prepare_cached(query)?.query_and_then(parameters, read)?.collect()
}

/// The first row of a query.
pub(super) fn one<T>(
    connection: &Connection,
    query: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    connection.prepare_cached(query)?.query(parameters)?.next()?.map(read).transpose()
}

/// Executes a statement. Returns how many rows it changed.
pub(super) fn execute(connection: &Connection, statement: &str, parameters: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(statement)?.execute(parameters)?)
}

/// Executes an insertion of one row. Returns the row's id.
pub(super) fn insert(connection: &Connection, statement: &str, parameters: impl Params) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached(statement)?.insert(parameters)?)
}

/// `?, ?, ?` for `count` values. Rounded up to a power of two, so that few forms of a statement are prepared.
pub(super) fn placeholders(count: usize) -> (String, usize) {
    let count = count.max(1).next_power_of_two();
    (vec!["?"; count].join(", "), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_word_is_read_as_it_is_written() {
        let connection = Connection::open_in_memory().expect("a database");
        let record = Record::Account(UserId(1));
        for role_of in Role::ALL {
            let found = one(&connection, "SELECT ?1", [role_column(role_of)], |row| role(row, 0, record));
            assert_eq!(found, Ok(Some(role_of)));
        }
        for answer in [Rsvp::None, Rsvp::Interested, Rsvp::Attending] {
            let found = one(&connection, "SELECT ?1", [rsvp_column(answer)], |row| rsvp(row, 0, record));
            assert_eq!(found, Ok(Some(answer)));
        }
        for unknown in [-1, 3] {
            let found = one(&connection, "SELECT ?1", [unknown], |row| role(row, 0, record));
            assert_eq!(found, Err(StoreError::unreadable(record, "role", StoredError::Word)));
        }
    }
}
