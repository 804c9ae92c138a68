//! Reads the data of earlier runs. Must not know how it is shown.

use chat_proto::ids::{AccountSeq, Epoch, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::room::User;
use rusqlite::{Connection, OptionalExtension};

use super::encoding::from_text;
use super::outbox;
use crate::app::{Place, Restored, SavedRoom, ServerKey};

/// Reads the data of the account that was signed in last.
pub(super) fn read(connection: &Connection, server: ServerKey, token: &str) -> rusqlite::Result<Restored> {
    let input_history = texts(connection, "SELECT text FROM input ORDER BY id")?;
    let used_keys = texts(connection, "SELECT name FROM used_key")?;
    let used_commands = texts(connection, "SELECT name FROM used_command ORDER BY position DESC")?;
    let opened_rooms = opened_rooms(connection)?;
    let account = connection
        .query_row("SELECT user, name, epoch, seq, open FROM account", [], |row| {
            let user = (UserId(row.get::<_, i64>(0)?.cast_unsigned()), row.get::<_, String>(1)?);
            Ok((user, row.get::<_, String>(2)?, row.get::<_, i64>(3)?, row.get::<_, Option<i64>>(4)?))
        })
        .optional()?;
    let Some(((id, name), epoch, seq, open)) = account else {
        return Ok(Restored { input_history, used_keys, used_commands, opened_rooms, ..Restored::default() });
    };
    // Whose posts these are must be known even if the name is not: the server sends it at the next sign-in.
    let name = name.parse().or_else(|_| id.to_string().parse()).ok();
    let users = texts(connection, "SELECT user FROM person")?.iter().filter_map(|text| from_text(text)).collect();
    Ok(Restored {
        me: name.map(|name| User { id, name }),
        epoch: Some(Epoch(epoch.into())),
        account: AccountSeq(seq.cast_unsigned()),
        rooms: rooms(connection)?,
        drafts: drafts(connection)?,
        places: places(connection)?,
        users,
        input_history,
        used_keys,
        used_commands,
        opened_rooms,
        outbox: outbox::read(connection, server, id, token)?,
        open: open.map(|room| RoomId(room.cast_unsigned())),
    })
}

fn texts(connection: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(query)?.query_map([], |row| row.get(0))?.collect()
}

fn opened_rooms(connection: &Connection) -> rusqlite::Result<Vec<RoomId>> {
    let mut statement = connection.prepare("SELECT room FROM opened_room ORDER BY position DESC")?;
    statement.query_map([], |row| Ok(RoomId(row.get::<_, i64>(0)?.cast_unsigned())))?.collect()
}

fn rooms(connection: &Connection) -> rusqlite::Result<Vec<SavedRoom>> {
    let mut statement = connection.prepare("SELECT id, membership, cursor, floor, announced FROM room")?;
    let rows = statement.query_map([], |row| {
        let (id, floor, announced): (i64, i64, i64) = (row.get(0)?, row.get(3)?, row.get(4)?);
        Ok(((id, floor, announced), row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut rooms = Vec::new();
    for row in rows {
        let ((id, floor, announced), membership, cursor) = row?;
        let (floor, announced) = (Seq(floor.cast_unsigned()), Seq(announced.cast_unsigned()));
        if let (Some(membership), Some(cursor)) = (from_text(&membership), from_text(&cursor)) {
            rooms.push(SavedRoom { membership, announced, cursor, floor, items: items(connection, id)? });
        }
    }
    Ok(rooms)
}

fn drafts(connection: &Connection) -> rusqlite::Result<Vec<(RoomId, String)>> {
    let mut statement = connection.prepare("SELECT room, text FROM draft ORDER BY room")?;
    let rows = statement.query_map([], |row| Ok((RoomId(row.get::<_, i64>(0)?.cast_unsigned()), row.get(1)?)))?;
    rows.collect()
}

fn places(connection: &Connection) -> rusqlite::Result<Vec<(RoomId, Place)>> {
    let mut statement = connection.prepare("SELECT room, seq, row FROM place")?;
    let rows = statement.query_map([], |row| {
        let (room, seq): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((RoomId(room.cast_unsigned()), Place { seq: Seq(seq.cast_unsigned()), row: row.get(2)? }))
    })?;
    rows.collect()
}

fn items(connection: &Connection, room: i64) -> rusqlite::Result<Vec<Item>> {
    let mut statement = connection.prepare_cached("SELECT item FROM item WHERE room = ?1 ORDER BY seq")?;
    let texts: Vec<String> = statement.query_map([room], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(texts.iter().filter_map(|text| from_text(text)).collect())
}
