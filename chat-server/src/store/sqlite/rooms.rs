//! Rooms as a whole. Must not know items or members.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Content;
use chat_proto::room::{Role, RsvpCounts};
use chat_proto::text::{Description, RoomName, TopicText};
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, OptionalExtension, params};

use super::batch::Batch;
use super::row::{self, ROOM, ROOM_COLUMNS, all, execute, one, sql};
use super::{access, error};
use crate::store::{ChangeId, NewRoom, Record, RefusedChange, RoomCounts, StoreError, StoredRoom};

pub(super) fn create(c: &Connection, new: &NewRoom) -> Result<StoredRoom, StoreError> {
    let former = "SELECT room FROM former_name WHERE name = ?1";
    if one(c, former, [new.name.as_str()], |_| Ok(()))?.is_some() {
        return Err(StoreError::name_taken());
    }
    let values = params![
        row::kind_column(new.kind),
        new.name.as_str(),
        new.name.skeleton(),
        new.topic.as_ref().map(TopicText::as_str),
        new.topic.as_ref().map(|_| sql(new.by.0)),
        new.topic.as_ref().map(|_| new.at.0),
        new.description.as_ref().map(Description::as_str),
        new.default_ttl_ms.map(sql),
        new.closes_when_empty,
        new.at.0,
        sql(new.by.0),
    ];
    // A closed room of this name and kind opens again, if the access table allows it: its id, its numbers and its
    // history stay its own for ever.
    let upsert = format!(
        "INSERT INTO room (kind, name, skeleton, topic, topic_by, topic_at, description, default_ttl_ms,
           closes_when_empty, created_at, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (name) DO UPDATE SET kind = ?1, topic = ?4, topic_by = ?5, topic_at = ?6, description = ?7,
           default_ttl_ms = ?8, closes_when_empty = ?9, created_at = ?10, created_by = ?11, closed_at = NULL
         WHERE closed_at IS NOT NULL AND kind = ?1 AND {} RETURNING id",
        access::may_reopen("?11")
    );
    let mut statement = c.prepare_cached(&upsert)?;
    let made = statement.query_row(values, |row| row::number(row, 0)).optional().map_err(error::of_naming)?;
    let id = RoomId(made.ok_or_else(StoreError::name_taken)?);
    by_id(c, id)?.ok_or(StoreError::NotFound)
}

pub(super) fn by_id(c: &Connection, id: RoomId) -> Result<Option<StoredRoom>, StoreError> {
    one(c, &format!("SELECT {ROOM} FROM room WHERE id = ?1 AND closed_at IS NULL"), [sql(id.0)], row::room)
}

pub(super) fn by_names(c: &Connection, names: &[RoomName]) -> Result<Vec<StoredRoom>, StoreError> {
    let query = format!(
        "SELECT {ROOM} FROM room WHERE closed_at IS NULL
         AND id = coalesce((SELECT id FROM room WHERE name = ?1), (SELECT room FROM former_name WHERE name = ?1))"
    );
    let found = names.iter().map(|name| one(c, &query, [name.as_str()], row::room));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(super) fn list(
    c: &Connection,
    viewer: UserId,
    after: Option<&RoomName>,
    limit: u32,
) -> Result<Vec<(StoredRoom, Option<Role>)>, StoreError> {
    let query = format!(
        "SELECT {ROOM}, member.role FROM room
         LEFT JOIN member ON member.room = room.id AND member.account = ?1
         WHERE closed_at IS NULL AND name > ?2 AND {} ORDER BY name LIMIT ?3",
        *access::MAY_SEE
    );
    let after = after.map_or("", RoomName::as_str);
    all(c, &query, params![sql(viewer.0), after, limit], |row| {
        let stored = row::room(row)?;
        let is_member = row.get::<_, Option<i64>>(ROOM_COLUMNS)?.is_some();
        let record = Record::Member(stored.room.id, viewer);
        let role = if is_member { Some(row::role(row, ROOM_COLUMNS, record)?) } else { None };
        Ok((stored, role))
    })
}

pub(super) fn note_refused(c: &Connection, change: &RefusedChange) -> Result<(), StoreError> {
    execute(c, "DELETE FROM refused WHERE room = ?1 AND until <= ?2", params![sql(change.room.0), change.at.0])?;
    let ChangeId { changed, seq } = change.id;
    let values = params![sql(change.room.0), sql(seq.0), sql(changed.0), change.until.0];
    let note = "INSERT OR IGNORE INTO refused (room, seq, changed, until) VALUES (?1, ?2, ?3, ?4)";
    execute(c, note, values).map(drop)
}

pub(super) fn reserve_seqs(c: &Batch<'_>, id: RoomId, reserved_up_to: Seq) -> Result<(), StoreError> {
    c.record_run(sql(id.0))?;
    let changed =
        execute(c, "UPDATE room SET ceiling = max(ceiling, ?2) WHERE id = ?1", [sql(id.0), sql(reserved_up_to.0)])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

pub(super) fn counts(c: &Connection, id: RoomId) -> Result<RoomCounts, StoreError> {
    let query = "SELECT (SELECT messages FROM room WHERE id = ?1),
           (SELECT count(*) FROM member WHERE room = ?1 AND rsvp = 2), (SELECT count(*) FROM member WHERE room = ?1 AND rsvp = 1)";
    let counts = one(c, query, [sql(id.0)], |row| {
        let rsvp = RsvpCounts { attending: row.get(1)?, interested: row.get(2)? };
        Ok(RoomCounts { messages: row::number(row, 0)?, rsvp })
    })?;
    Ok(counts.unwrap_or_default())
}

/// Writes the changes that an item makes to its room.
pub(super) fn apply(
    c: &Connection,
    id: RoomId,
    content: &Content,
    by: UserId,
    at: UnixMillis,
) -> Result<(), StoreError> {
    match content {
        Content::Topic { topic } => {
            let values = params![sql(id.0), topic.as_ref().map(TopicText::as_str), sql(by.0), at.0];
            execute(c, "UPDATE room SET topic = ?2, topic_by = ?3, topic_at = ?4 WHERE id = ?1", values).map(drop)
        }
        Content::Description { description } => {
            let values = params![sql(id.0), description.as_ref().map(Description::as_str)];
            execute(c, "UPDATE room SET description = ?2 WHERE id = ?1", values).map(drop)
        }
        Content::Renamed { name } => {
            let remember =
                "INSERT OR IGNORE INTO former_name SELECT name, id FROM room WHERE id = ?1 AND name IS NOT NULL";
            execute(c, remember, [sql(id.0)])?;
            let rename = "UPDATE room SET name = ?2, skeleton = ?3 WHERE id = ?1";
            let values = params![sql(id.0), name.as_str(), name.skeleton()];
            c.prepare_cached(rename)?.execute(values).map(drop).map_err(error::of_naming)
        }
        Content::Message(_)
        | Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Join
        | Content::Leave
        | Content::Rsvp { .. }
        | Content::Damaged => Ok(()),
    }
}
