//! The state a room's actor starts with, read from the tables of rooms, members and items. Must not know the actor.

use chat_proto::ids::{RoomId, Run, Seq};
use rusqlite::Connection;

use super::row::{self, all, one, sql};
use super::{history, items, members, rooms, runs};
use crate::store::{ChangeId, HistoryBounds, RecentBounds, RoomState, StoreError};

pub(super) fn read(c: &Connection, id: RoomId, bounds: RecentBounds, run: Run) -> Result<RoomState, StoreError> {
    let room = rooms::by_id(c, id)?.ok_or(StoreError::NotFound)?;
    let reserved_up_to = one(c, "SELECT ceiling FROM room WHERE id = ?1", [sql(id.0)], |row| Ok(row::number(row, 0)?))?;
    let (mut recent, is_whole) = items::newest_changes(c, id, bounds)?;
    recent.reverse();
    let RecentBounds { messages, bytes, .. } = bounds;
    let end = history::read(c, id, None, &HistoryBounds { bytes, ..HistoryBounds::page(messages) })?;
    let (members, answers) = (members::of_room(c, id)?, members::answers(c, id)?);
    let refused = all(c, "SELECT changed, seq FROM refused WHERE room = ?1", [sql(id.0)], |row| {
        Ok(ChangeId { changed: Seq(row::number(row, 0)?), seq: Seq(row::number(row, 1)?) })
    })?;
    let reserved_up_to = Seq(reserved_up_to.unwrap_or(0)).max(room.head.seq);
    let runs = runs::of_room(c, &room, reserved_up_to, run)?;
    Ok(RoomState { room, reserved_up_to, members, answers, recent, is_whole, end, refused, runs })
}
