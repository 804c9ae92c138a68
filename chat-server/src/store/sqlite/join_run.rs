//! The runs of joins and leaves: which run an item belongs to, and how far into it. Must not know who asks for them.

use chat_proto::ids::Seq;
use chat_proto::message::Content;
use rusqlite::{Connection, Row, params};

use super::row::{self, all, execute, one, sql};
use crate::store::{MessageRange, StoreError};

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

/// A join or leave, with its place before its run was joined to another.
struct Joined {
    seq: Seq,
    place: Option<Place>,
}

/// Joins the runs between the messages of a range that were removed, so that history passes over them in one step. The run
/// before the range joins the one before it, too, unless it has more than `most` joins and leaves: a long run is worth its own
/// step.
pub(super) fn rejoin(c: &Connection, room: i64, range: MessageRange, most: u32) -> Result<(), StoreError> {
    let (mut from, mut before) = (range.first, last_before(c, room, range.first)?);
    if let Some(place) = before
        && place.joined.saturating_add(place.left) <= most
    {
        (from, before) = (place.from, last_before(c, room, place.from)?);
    }
    let query = format!("SELECT seq, {PLACE} FROM item WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq");
    let items = all(c, &query, [room, sql(from.0), sql(range.last.0)], |row| {
        Ok(Joined { seq: Seq(row::number(row, 0)?), place: of_row(row, 1)? })
    })?;
    let mut was: Option<Place> = None;
    for Joined { seq, place } in items {
        let Some(own) = place else {
            (was, before) = (None, None);
            continue;
        };
        let earlier = was.filter(|was| was.from == own.from).map_or((0, 0), |was| (was.joined, was.left));
        let first = before.unwrap_or(Place { from: seq, joined: 0, left: 0 });
        let (joined, left) = (own.joined.saturating_sub(earlier.0), own.left.saturating_sub(earlier.1));
        let now = Place { joined: first.joined + joined, left: first.left + left, ..first };
        if now != own {
            set(c, (room, seq), now)?;
        }
        (was, before) = (Some(own), Some(now));
    }
    Ok(())
}

fn set(c: &Connection, (room, seq): (i64, Seq), place: Place) -> Result<(), StoreError> {
    let update = "UPDATE item SET run_from = ?3, run_joined = ?4, run_left = ?5 WHERE room = ?1 AND seq = ?2";
    let counts = (place.joined, place.left);
    execute(c, update, params![room, sql(seq.0), sql(place.from.0), counts.0, counts.1]).map(drop)
}
