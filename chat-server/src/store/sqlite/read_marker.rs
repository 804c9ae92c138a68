//! Read markers: how far one account has read in one room. Must not know who may read what.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::room::ReadMarker;
use rusqlite::{Connection, params};

use super::row::{self, execute, one, sql};
use crate::store::StoreError;

/// Counts the deleted messages behind a member's read marker: there is nothing to read.
pub(super) const DELETED: &str =
    "(SELECT count(*) FROM item WHERE item.room = member.room AND item.seq > member.read_seq
    AND item.body IS NULL AND item.ordinal IS NOT NULL)";

pub(super) fn read(c: &Connection, account: UserId, room: RoomId) -> Result<ReadMarker, StoreError> {
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

pub(super) fn set(
    c: &Connection,
    account: UserId,
    room: RoomId,
    seq: Seq,
    rewind: bool,
) -> Result<ReadMarker, StoreError> {
    // `read_ordinal` counts persistent messages up to the marker. A marker beyond the room's end is set to the end.
    let update = "UPDATE member SET read_seq = min(?3, (SELECT head FROM room WHERE id = ?2)),
           read_ordinal = coalesce((SELECT ordinal FROM item
             WHERE room = ?2 AND seq <= ?3 AND ordinal IS NOT NULL ORDER BY seq DESC LIMIT 1), 0)
         WHERE account = ?1 AND room = ?2 AND (?4 OR read_seq < ?3)";
    execute(c, update, params![sql(account.0), sql(room.0), sql(seq.0), rewind])?;
    read(c, account, room)
}
