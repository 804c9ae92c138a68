//! Read markers: how far one account has read in one room, and how many persistent messages are unread. Must not know
//! who may read what, or ephemeral messages.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::room::ReadMarker;
use rusqlite::{Connection, Row, params};

use super::row::{self, execute, one, sql};
use crate::store::{MovedMarker, StoreError};

/// The columns of a read marker of a `member` and its `room`, in the order [`of_row`] reads them. Unread is what others
/// posted after the marker and nobody deleted: the room's messages after it, less the member's own, less the deleted ones
/// of others. Nothing is counted but the deleted ones. What was removed as old counts as read, without a write to the
/// members.
pub(super) const READ_MARKER: &str = "member.read_seq,
    (room.ordinal - max(member.read_ordinal, room.pruned_ordinal))
      - (iif(room.last_author IS member.account, room.last_author_ordinal, coalesce((SELECT author.ordinal FROM author
          WHERE author.room = member.room AND author.account = member.account), 0))
        - max(member.read_own_ordinal, coalesce((SELECT author.pruned_ordinal FROM author
          WHERE author.room = member.room AND author.account = member.account), 0)))
      - (SELECT count(*) FROM item WHERE item.room = member.room AND item.seq > member.read_seq
          AND item.author <> member.account AND item.body IS NULL AND item.ordinal IS NOT NULL),
    (SELECT count(*) FROM mention WHERE mention.account = member.account AND mention.room = member.room
      AND mention.seq > member.read_seq),
    room.head";

/// The read marker of the columns [`READ_MARKER`], which begin at `at`.
pub(super) fn of_row(row: &Row<'_>, at: usize) -> Result<ReadMarker, StoreError> {
    Ok(ReadMarker {
        read_seq: Seq(row::number(row, at)?),
        unread: row.get::<_, i64>(at + 1)?.max(0) as u32,
        mentions: row.get(at + 2)?,
        counted_to: Seq(row::number(row, at + 3)?),
        ..ReadMarker::default()
    })
}

pub(super) fn read(c: &Connection, account: UserId, room: RoomId) -> Result<ReadMarker, StoreError> {
    let query = format!(
        "SELECT {READ_MARKER} FROM member JOIN room ON room.id = member.room
         WHERE member.account = ?1 AND member.room = ?2"
    );
    one(c, &query, [sql(account.0), sql(room.0)], |row| of_row(row, 0))?.ok_or(StoreError::NotFound)
}

/// The own messages of ?1 in the room ?2 up to the number ?3: one less than the next one's ordinal, and all of them
/// behind the last one, where nothing is searched.
const OWN_UP_TO: &str = "coalesce(
    (SELECT own_ordinal - 1 FROM item WHERE room = ?2 AND seq > ?3
       AND seq <= coalesce((SELECT last_author_seq FROM room WHERE id = ?2 AND last_author = ?1),
         (SELECT last_seq FROM author WHERE room = ?2 AND account = ?1))
       AND author = ?1 AND own_ordinal IS NOT NULL ORDER BY seq LIMIT 1),
    (SELECT last_author_ordinal FROM room WHERE id = ?2 AND last_author = ?1),
    (SELECT ordinal FROM author WHERE room = ?2 AND account = ?1), 0)";

pub(super) fn set(
    c: &Connection,
    account: UserId,
    room: RoomId,
    seq: Seq,
    rewind: bool,
) -> Result<MovedMarker, StoreError> {
    // Ephemeral messages have numbers beyond the room's head, but none beyond those that are reserved.
    let end = "SELECT max(head, ceiling) FROM room WHERE id = ?1";
    let end = one(c, end, [sql(room.0)], |row| Ok(row::number(row, 0)?))?.ok_or(StoreError::NotFound)?;
    let update = format!(
        "UPDATE member SET read_seq = ?3, read_own_ordinal = {OWN_UP_TO},
           read_ordinal = coalesce((SELECT ordinal FROM item
             WHERE room = ?2 AND seq <= ?3 AND ordinal IS NOT NULL ORDER BY seq DESC LIMIT 1),
             (SELECT pruned_ordinal FROM room WHERE id = ?2))
         WHERE account = ?1 AND room = ?2 AND (read_seq < ?3 OR (?4 AND read_seq > ?3))"
    );
    let moved = execute(c, &update, params![sql(account.0), sql(room.0), sql(seq.0.min(end)), rewind])?;
    Ok(MovedMarker { read_marker: read(c, account, room)?, has_moved: moved > 0 })
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::super::row::all;
    use super::*;

    #[test]
    fn counting_reads_indexes_and_no_whole_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let (c, _) = open::prepare(&folder.path().join("chat.db"), "e1", 0).expect("it opens");
        let plan = |query: &str, parameters: &[i64]| -> Vec<String> {
            let parameters = rusqlite::params_from_iter(parameters);
            all(&c, &format!("EXPLAIN QUERY PLAN {query}"), parameters, |row| Ok(row.get(3)?)).expect("a plan")
        };
        let counts = plan(&format!("SELECT {READ_MARKER} FROM member JOIN room ON room.id = member.room"), &[]);
        for step in ["author USING PRIMARY KEY (room=? AND account=?)", "INDEX item_deleted (room=? AND seq>?)"] {
            assert!(counts.iter().any(|found| found.contains(step)), "{step} in {counts:#?}");
        }
        let own = plan(&format!("SELECT {OWN_UP_TO}"), &[1, 2, 3]);
        let step = "item_seq (room=? AND seq>? AND seq<?)";
        assert!(own.iter().any(|found| found.contains(step)), "{step} in {own:#?}");
    }
}
