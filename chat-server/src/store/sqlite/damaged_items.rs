//! Lists the damaged rows of items. Must not know what is done about them.

use chat_proto::ids::{RoomId, Seq};
use rusqlite::Connection;

use super::row::{ITEM, number, sql, undamaged_item};

/// The most damaged rows that are listed.
const LISTED_MAX: usize = 1_000;

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
        if damaged.len() >= LISTED_MAX {
            break;
        }
    }
    Ok(damaged)
}

/// The name of a room, or its id.
fn name(connection: &Connection, room: RoomId) -> String {
    let id = sql(room.0);
    let name = connection.query_row("SELECT name FROM room WHERE id = ?1", [id], |row| row.get::<_, Option<String>>(0));
    name.ok().flatten().unwrap_or_else(|| room.to_string())
}
