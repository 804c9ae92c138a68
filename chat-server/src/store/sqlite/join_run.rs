//! The runs of joins and leaves: which run an item belongs to, and how far into it. Must not know who asks for them.

use chat_proto::ids::Seq;
use chat_proto::message::Content;
use rusqlite::{Connection, Row};

use super::row::{self, one, sql};
use crate::store::StoreError;

/// The columns of a place in a run, in the order [`of_row`] reads them.
pub(super) const PLACE: &str = "run_from, run_joined, run_left";

/// The place of a join or leave in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first place of the run.
    pub from: Seq,
    /// The joins of the run up to this one.
    pub joined: u32,
    /// The leaves of the run up to this one.
    pub left: u32,
}

/// The place of the columns [`PLACE`], which begin at `at`; `None` if the item is no join or leave.
pub(super) fn of_row(row: &Row<'_>, at: usize) -> Result<Option<Place>, StoreError> {
    let Some(from) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    let from = Seq(from.max(0).cast_unsigned());
    Ok(Some(Place { from, joined: row.get(at + 1)?, left: row.get(at + 2)? }))
}

/// The place of an item that is appended at the room's end under the number `seq`.
pub(super) fn of_next(c: &Connection, room: i64, seq: Seq, content: &Content) -> Result<Option<Place>, StoreError> {
    let Some(is_join) = content.join() else { return Ok(None) };
    let before = last_before(c, room, seq)?.unwrap_or(Place { from: seq, joined: 0, left: 0 });
    let (joined, left) = (before.joined + u32::from(is_join), before.left + u32::from(!is_join));
    Ok(Some(Place { joined, left, ..before }))
}

/// The place of the last item before a number; `None` if that is no join or leave.
pub(super) fn last_before(c: &Connection, room: i64, seq: Seq) -> Result<Option<Place>, StoreError> {
    let query = format!("SELECT {PLACE} FROM item WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1");
    Ok(one(c, &query, [room, sql(seq.0)], |row| of_row(row, 0))?.flatten())
}

/// The number of the first item after another number.
pub(super) fn first_after(c: &Connection, room: i64, seq: Seq) -> Result<Option<Seq>, StoreError> {
    let query = "SELECT seq FROM item WHERE room = ?1 AND seq > ?2 ORDER BY seq LIMIT 1";
    one(c, query, [room, sql(seq.0)], |row| Ok(Seq(row::number(row, 0)?)))
}
