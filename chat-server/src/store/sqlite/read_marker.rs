//! Read marks: what one account has read in one room.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::room::ReadMarker;
use rusqlite::{Connection, params};

use super::members;
use super::row::{execute, sql};
use crate::store::StoreError;

pub(super) fn set_read(
    c: &Connection,
    account: UserId,
    room: RoomId,
    seq: Seq,
    rewind: bool,
) -> Result<ReadMarker, StoreError> {
    // The number of persistent messages up to the mark; a mark beyond the end stands at the end.
    let update = "UPDATE member SET read_seq = min(?3, (SELECT head FROM room WHERE id = ?2)),
           read_ordinal = coalesce((SELECT ordinal FROM item
             WHERE room = ?2 AND seq <= ?3 AND ordinal IS NOT NULL ORDER BY seq DESC LIMIT 1), 0)
         WHERE account = ?1 AND room = ?2 AND (?4 OR read_seq < ?3)";
    execute(c, update, params![sql(account.0), sql(room.0), sql(seq.0), rewind])?;
    members::read_marker(c, account, room)
}
