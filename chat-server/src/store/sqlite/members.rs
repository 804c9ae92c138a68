//! Memberships. Must not know who may join what.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::room::{Membership, Role, Rsvp, User};
use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, params};

use super::batch::Batch;
use super::read_marker::{self, READ_MARKER};
use super::row::{self, ROOM, ROOM_COLUMNS, all, execute, one, sql};
use super::{access, items};
use crate::store::{Append, Appended, MemberAnswer, MemberRow, MemberState, ROOMS_MAX, Record, StoreError};

pub(super) fn change(c: &Batch<'_>, event: &Append, state: MemberState) -> Result<Appended, StoreError> {
    let (room, account) = (sql(event.room.0), sql(event.by.0));
    match state {
        MemberState::Joins(role) => {
            check_room_count(c, account)?;
            // A new member has nothing unread: the read marker begins at the present end.
            let insert = "INSERT INTO member (room, account, role, joined_at, read_seq, read_ordinal, read_own_ordinal)
                 SELECT ?1, ?2, ?3, ?4, ?5, ordinal,
                   iif(last_author IS ?2, last_author_ordinal,
                     coalesce((SELECT ordinal FROM author WHERE room = ?1 AND account = ?2), 0))
                 FROM room WHERE id = ?1";
            let values = params![room, account, row::role_column(role), event.at.0, sql(event.seq.0)];
            execute(c, insert, values)?;
            execute(c, "UPDATE room SET members = members + 1 WHERE id = ?1", [room])?;
        }
        MemberState::Leaves => {
            if execute(c, "DELETE FROM member WHERE room = ?1 AND account = ?2", [room, account])? == 0 {
                return Err(StoreError::NotFound);
            }
            // Here and nowhere else: a room without members is closed with the leave, or not at all.
            let leave = "UPDATE room SET members = members - 1,
                   closed_at = iif(closes_when_empty AND members = 1, ?2, closed_at) WHERE id = ?1";
            execute(c, leave, [room, event.at.0])?;
        }
        MemberState::Answers(answer) => {
            let values = params![room, account, row::rsvp_column(answer), sql(event.seq.0)];
            let set = "UPDATE member SET rsvp = ?3, rsvp_seq = ?4 WHERE room = ?1 AND account = ?2";
            if execute(c, set, values)? == 0 {
                return Err(StoreError::NotFound);
            }
        }
    }
    items::append(c, event)
}

/// Checks that an account may become a member of one more room.
fn check_room_count(c: &Connection, account: i64) -> Result<(), StoreError> {
    let query = "SELECT count(*) FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND room.closed_at IS NULL";
    let count = one(c, query, [account], |row| Ok(row.get::<_, u32>(0)?))?.unwrap_or(0);
    if count < ROOMS_MAX { Ok(()) } else { Err(StoreError::TooManyRooms) }
}

pub(super) fn of_room(c: &Connection, room: RoomId) -> Result<Vec<(UserId, Role)>, StoreError> {
    all(c, "SELECT account, role FROM member WHERE room = ?1", [sql(room.0)], |row| {
        let account = UserId(row::number(row, 0)?);
        Ok((account, row::role(row, 1, Record::Member(room, account))?))
    })
}

/// Returns the answers of members who have given one, each with its item.
pub(super) fn answers(c: &Connection, room: RoomId) -> Result<Vec<MemberAnswer>, StoreError> {
    let query = "SELECT member.account, member.rsvp, item.seq, item.at FROM member
         JOIN item ON item.room = member.room AND item.seq = member.rsvp_seq WHERE member.room = ?1";
    all(c, query, [sql(room.0)], |row| {
        let (user, seq, at) = (UserId(row::number(row, 0)?), Seq(row::number(row, 2)?), UnixMillis(row.get(3)?));
        Ok(MemberAnswer { user, rsvp: row::rsvp(row, 1, Record::Member(room, user))?, seq, at })
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
    all(c, query, params![sql(room.0), after.map_or("", Username::as_str), limit], |row| {
        let id = UserId(row::number(row, 0)?);
        let (name, record) = (row::required_text(row, 1, (Record::Account(id), "name"))?, Record::Member(room, id));
        Ok(MemberRow { user: User { id, name }, role: row::role(row, 2, record)?, rsvp: row::rsvp(row, 3, record)? })
    })
}

pub(super) fn rsvp(c: &Connection, room: RoomId, account: UserId) -> Result<Rsvp, StoreError> {
    let query = "SELECT rsvp FROM member WHERE room = ?1 AND account = ?2";
    let record = Record::Member(room, account);
    Ok(one(c, query, [sql(room.0), sql(account.0)], |row| row::rsvp(row, 0, record))?.unwrap_or_default())
}

pub(super) fn rooms_of(c: &Connection, account: UserId) -> Result<Vec<RoomId>, StoreError> {
    let query = format!(
        "SELECT room.id FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND room.closed_at IS NULL AND {} ORDER BY room.name",
        *access::MAY_SEE
    );
    all(c, &query, [sql(account.0)], |row| Ok(RoomId(row::number(row, 0)?)))
}

pub(super) fn memberships(c: &Connection, account: UserId) -> Result<Vec<Membership>, StoreError> {
    let query = format!(
        "SELECT {ROOM}, {READ_MARKER}, member.role FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND room.closed_at IS NULL AND {} ORDER BY room.name",
        *access::MAY_SEE
    );
    all(c, &query, [sql(account.0)], |row| {
        let stored = row::room(row)?;
        let read_marker = read_marker::of_row(row, ROOM_COLUMNS)?;
        let role = row::role(row, ROOM_COLUMNS + 4, Record::Member(stored.room.id, account))?;
        Ok(Membership { room: stored.room, head: stored.head, read_marker, role })
    })
}
