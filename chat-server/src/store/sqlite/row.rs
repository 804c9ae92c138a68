//! Rows to values and back.

use chat_proto::codec;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::room::{Role, Room, RoomKind, Rsvp, Topic};
use chat_proto::text::{CodeLanguage, TextError};
use chat_proto::time::UnixMillis;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::store::{Account, StoreError, StoredRoom};

/// A database error as the port tells it.
#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

/// A value the file should not hold: damaged, or written by another program.
pub(super) fn damaged(content: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(format!("the database holds a value that cannot be: {content}"))
}

/// An id or number as SQLite holds it.
pub(super) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column that holds an id or number.
pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|n| n.max(0) as u64)
}

/// A column that holds checked text.
pub(super) fn text<T: std::str::FromStr<Err = TextError>>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let held: Option<String> = row.get(at)?;
    held.map(|text| {
        text.parse()
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(e)))
    })
    .transpose()
}

fn must<T>(value: Option<T>, at: usize) -> rusqlite::Result<T> {
    value.ok_or(rusqlite::Error::InvalidColumnType(at, "NULL".into(), rusqlite::types::Type::Null))
}

/// The columns of an item, in the order [`item`] reads them.
pub(super) const ITEM: &str = "seq, changed, at, author, key, body, what";

/// What of a message stands beside its text and key.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Extra {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<CodeLanguage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<UnixMillis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
}

/// The column `what` of an item; `None` for a plain message.
pub(super) fn what_column(content: &Content) -> Option<String> {
    match content {
        Content::Message(message) => {
            let extra = Extra {
                code: message.code.clone(),
                edited_at: message.edited_at,
                mentions: message.mentions.clone(),
                reply_to: message.reply_to,
            };
            (extra != Extra::default()).then(|| codec::to_text(&extra))
        }
        other => Some(codec::to_text(other)),
    }
}

/// An item of the columns [`ITEM`].
pub(super) fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let content: Option<String> = row.get(6)?;
    let wrong =
        |e: codec::DecodeError| rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, Box::new(e));
    let content = match text(row, 5)? {
        Some(body) => {
            let extra = content.map_or(Ok(Extra::default()), |content| codec::from_text(&content)).map_err(wrong)?;
            Content::Message(Message {
                code: extra.code,
                key: text(row, 4)?,
                edited_at: extra.edited_at,
                mentions: extra.mentions,
                reply_to: extra.reply_to,
                ..Message::plain(body)
            })
        }
        None => codec::from_text(&must(content, 6)?).map_err(wrong)?,
    };
    Ok(Item {
        seq: Seq(number(row, 0)?),
        changed: Seq(number(row, 1)?),
        at: UnixMillis(row.get(2)?),
        by: UserId(number(row, 3)?),
        content,
    })
}

/// The columns of an account, in the order [`account`] reads them.
pub(super) const ACCOUNT: &str = "account.id, account.name, account.os_uid, account.password, account.availability, account.status, account.last_seen";

/// An account of the columns [`ACCOUNT`].
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let availability: String = row.get(4)?;
    Ok(Account {
        id: UserId(number(row, 0)?),
        name: must(text(row, 1)?, 1)?,
        os_uid: row.get(2)?,
        password: row.get(3)?,
        availability: codec::from_text(&availability).unwrap_or_default(),
        status: text(row, 5)?,
        last_seen: row.get::<_, Option<i64>>(6)?.map(UnixMillis),
        is_new: false,
    })
}

/// The columns of a room, in the order [`room`] reads them.
pub(super) const ROOM: &str = "room.id, room.kind, room.name, room.topic, room.topic_by, room.topic_at, room.description, \
     room.default_ttl_ms, room.closes_when_empty, room.members, room.created_at, room.created_by, room.head, \
     room.last_message_at";

/// A room of the columns [`ROOM`].
pub(super) fn room(row: &Row<'_>) -> rusqlite::Result<StoredRoom> {
    let topic = match text(row, 3)? {
        Some(text) => Some(Topic { text, by: UserId(number(row, 4)?), at: UnixMillis(row.get(5)?) }),
        None => None,
    };
    let room = Room {
        id: RoomId(number(row, 0)?),
        kind: match row.get::<_, i64>(1)? {
            0 => RoomKind::Public,
            1 => RoomKind::Private,
            _ => RoomKind::Direct,
        },
        name: text(row, 2)?,
        people: Vec::new(),
        topic,
        description: text(row, 6)?,
        default_ttl_ms: row.get::<_, Option<i64>>(7)?.map(|ms| ms.max(0) as u64),
        closes_when_empty: row.get(8)?,
        members: row.get(9)?,
        created_at: UnixMillis(row.get(10)?),
        created_by: UserId(number(row, 11)?),
    };
    Ok(StoredRoom {
        room,
        head: Seq(number(row, 12)?),
        last_message_at: row.get::<_, Option<i64>>(13)?.map(UnixMillis),
    })
}

/// A kind of room as the column holds it.
pub(super) fn kind_column(kind: RoomKind) -> i64 {
    match kind {
        RoomKind::Public => 0,
        RoomKind::Private => 1,
        RoomKind::Direct => 2,
    }
}

/// A role as the column holds it.
pub(super) fn role_column(role: Role) -> i64 {
    match role {
        Role::Member => 0,
        Role::Moderator => 1,
        Role::Owner => 2,
    }
}

/// A role of a column.
pub(super) fn role(row: &Row<'_>, at: usize) -> rusqlite::Result<Role> {
    Ok(match row.get::<_, i64>(at)? {
        2 => Role::Owner,
        1 => Role::Moderator,
        _ => Role::Member,
    })
}

/// An answer as the column holds it.
pub(super) fn rsvp_column(answer: Rsvp) -> i64 {
    match answer {
        Rsvp::None => 0,
        Rsvp::Interested => 1,
        Rsvp::Attending => 2,
    }
}

/// An answer of a column.
pub(super) fn rsvp(row: &Row<'_>, at: usize) -> rusqlite::Result<Rsvp> {
    Ok(match row.get::<_, i64>(at)? {
        2 => Rsvp::Attending,
        1 => Rsvp::Interested,
        _ => Rsvp::None,
    })
}

/// All rows of a query.
pub(super) fn all<T>(
    connection: &rusqlite::Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(query).map_err(failed)?;
    let rows = statement.query_map(parameters, read).map_err(failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(failed)
}

/// The first row of a query.
pub(super) fn one<T>(
    connection: &rusqlite::Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    use rusqlite::OptionalExtension;
    let mut statement = connection.prepare_cached(query).map_err(failed)?;
    statement.query_row(parameters, read).optional().map_err(failed)
}

/// Carries a statement out; how many rows it changed.
pub(super) fn execute(
    connection: &rusqlite::Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    connection.prepare_cached(statement).and_then(|mut statement| statement.execute(parameters)).map_err(failed)
}

/// `?, ?, ?` for `count` values. Rounded up to a power of two, so that few forms of a statement are prepared.
pub(super) fn placeholders(count: usize) -> (String, usize) {
    let count = count.max(1).next_power_of_two();
    (vec!["?"; count].join(", "), count)
}
