//! Damaged rows of items: each is logged once, and all can be listed. Must not know who reads them.

use std::collections::BTreeSet;

use chat_proto::ids::{RoomId, Seq};
use parking_lot::Mutex;
use rusqlite::Connection;

use super::row::{ITEM, number, undamaged_item};
use crate::store::StoreError;

/// The most damaged rows that are named, in a list or in the log.
const NAMED_MAX: usize = 1_000;

/// The rows that the log has named: a damaged row is read again and again.
static LOGGED: Mutex<BTreeSet<(RoomId, Seq)>> = Mutex::new(BTreeSet::new());

/// Logs a damaged row, once.
pub(super) fn log((room, seq): (RoomId, Seq), error: &StoreError) {
    let mut logged = LOGGED.lock();
    if logged.len() < NAMED_MAX && logged.insert((room, seq)) {
        let error = error.with_causes();
        tracing::error!(%room, %seq, error, "a damaged row; readers get a damaged message. `doctor` lists all of them");
    }
}

/// Returns the names of the damaged rows, `general/12`, in the order of the table.
///
/// # Errors
/// If the table itself cannot be read, or the search is interrupted.
pub(super) fn find(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut items = connection.prepare(&format!("SELECT {ITEM} FROM item"))?;
    let mut rows = items.query([])?;
    let mut damaged = Vec::new();
    while let Some(row) = rows.next()? {
        let place = (number(row, 7).map(RoomId), number(row, 0).map(Seq));
        let (Ok(room), Ok(seq)) = place else {
            damaged.push("a row without its place".to_owned());
            continue;
        };
        if undamaged_item(row, room, seq).is_err() {
            damaged.push(format!("{}/{seq}", name(connection, room)));
        }
        if damaged.len() >= NAMED_MAX {
            break;
        }
    }
    Ok(damaged)
}

/// The name of a room, or its id.
fn name(connection: &Connection, room: RoomId) -> String {
    let id = super::row::sql(room.0);
    let name = connection.query_row("SELECT name FROM room WHERE id = ?1", [id], |row| row.get::<_, Option<String>>(0));
    name.ok().flatten().unwrap_or_else(|| room.to_string())
}
