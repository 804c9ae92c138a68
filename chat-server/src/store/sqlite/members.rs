//! Who is a member of what.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::room::{Membership, ReadMarker, Role, Rsvp, User};
use chat_proto::text::Username;
use rusqlite::{Connection, params};

use super::batch::Batch;
use super::items;
use super::row::{self, ROOM, all, damaged, execute, one, sql};
use crate::store::{Append, Appended, MemberRow, MemberState, StoreError};

/// Deleted messages behind a member's mark: there is nothing to be read.
const DELETED: &str = "(SELECT count(*) FROM item WHERE item.room = member.room AND item.seq > member.read_seq
    AND item.body IS NULL AND item.ordinal IS NOT NULL)";

pub(super) fn change(c: &Batch<'_>, event: &Append, state: MemberState) -> Result<Appended, StoreError> {
    let (room, account) = (sql(event.room.0), sql(event.by.0));
    match state {
        MemberState::Joins(role) => {
            // Who joins has nothing unread: the mark begins at the present end.
            let insert = "INSERT INTO member (room, account, role, joined_at, read_seq, read_ordinal)
                 SELECT ?1, ?2, ?3, ?4, ?5, ordinal FROM room WHERE id = ?1";
            let values = params![room, account, row::role_column(role), event.at.0, sql(event.seq.0)];
            execute(c, insert, values)?;
            execute(c, "UPDATE room SET members = members + 1 WHERE id = ?1", [room])?;
        }
        MemberState::Leaves => {
            if execute(c, "DELETE FROM member WHERE room = ?1 AND account = ?2", [room, account])? == 0 {
                return Err(StoreError::NotFound);
            }
            execute(c, "DELETE FROM mention WHERE account = ?2 AND room = ?1", [room, account])?;
            execute(c, "UPDATE room SET members = members - 1 WHERE id = ?1", [room])?;
        }
        MemberState::Answers(answer) => {
            let values = params![room, account, row::rsvp_column(answer)];
            if execute(c, "UPDATE member SET rsvp = ?3 WHERE room = ?1 AND account = ?2", values)? == 0 {
                return Err(StoreError::NotFound);
            }
        }
    }
    items::append(c, event)
}

pub(super) fn of_room(c: &Connection, room: RoomId) -> Result<Vec<(UserId, Role)>, StoreError> {
    all(c, "SELECT account, role FROM member WHERE room = ?1", [sql(room.0)], |row| {
        Ok((UserId(row::number(row, 0)?), row::role(row, 1)?))
    })
}

pub(super) fn list(
    c: &Connection,
    room: RoomId,
    after: Option<&Username>,
    limit: u32,
) -> Result<Vec<MemberRow>, StoreError> {
    let query = "SELECT account.id, account.name, member.role, member.rsvp FROM member
         JOIN account ON account.id = member.account WHERE member.room = ?1 AND account.name > ?2
         ORDER BY account.name LIMIT ?3";
    let rows = all(c, query, params![sql(room.0), after.map_or("", Username::as_str), limit], |row| {
        let (id, name) = (UserId(row::number(row, 0)?), row::text(row, 1)?);
        Ok((id, name, row::role(row, 2)?, row::rsvp(row, 3)?))
    })?;
    let named = rows.into_iter().map(|(id, name, role, rsvp)| {
        let name = name.ok_or_else(|| damaged("an account without a name"))?;
        Ok(MemberRow { user: User { id, name }, role, rsvp })
    });
    named.collect()
}

pub(super) fn rsvp(c: &Connection, room: RoomId, account: UserId) -> Result<Rsvp, StoreError> {
    let query = "SELECT rsvp FROM member WHERE room = ?1 AND account = ?2";
    Ok(one(c, query, [sql(room.0), sql(account.0)], |row| row::rsvp(row, 0))?.unwrap_or_default())
}

pub(super) fn rooms_of(c: &Connection, account: UserId) -> Result<Vec<RoomId>, StoreError> {
    let query = "SELECT room.id FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND room.closed_at IS NULL ORDER BY room.name";
    all(c, query, [sql(account.0)], |row| Ok(RoomId(row::number(row, 0)?)))
}

pub(super) fn memberships(c: &Connection, account: UserId) -> Result<Vec<Membership>, StoreError> {
    let query = format!(
        "SELECT {ROOM}, member.role, member.read_seq, room.ordinal - member.read_ordinal - {DELETED},
           (SELECT count(*) FROM mention WHERE mention.account = ?1 AND mention.room = room.id
             AND mention.seq > member.read_seq)
         FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND room.closed_at IS NULL ORDER BY room.name"
    );
    all(c, &query, [sql(account.0)], |row| {
        let stored = row::room(row)?;
        let read_marker = ReadMarker {
            read_seq: Seq(row::number(row, 15)?),
            unread: row.get::<_, i64>(16)?.max(0) as u32,
            mentions: row.get(17)?,
        };
        Ok(Membership { room: stored.room, head: stored.head, read_marker, role: row::role(row, 14)? })
    })
}

/// The membership of one account in one room: its mark.
pub(super) fn read_marker(c: &Connection, account: UserId, room: RoomId) -> Result<ReadMarker, StoreError> {
    let query = format!(
        "SELECT read_seq, room.ordinal - read_ordinal - {DELETED},
           (SELECT count(*) FROM mention WHERE mention.account = ?1 AND mention.room = ?2 AND seq > read_seq)
         FROM member JOIN room ON room.id = member.room WHERE member.account = ?1 AND member.room = ?2"
    );
    let read_marker = one(c, &query, [sql(account.0), sql(room.0)], |row| {
        let unread = row.get::<_, i64>(1)?.max(0) as u32;
        Ok(ReadMarker { read_seq: Seq(row::number(row, 0)?), unread, mentions: row.get(2)? })
    })?;
    read_marker.ok_or(StoreError::NotFound)
}
