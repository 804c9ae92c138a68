//! A new room with its owner, in one transaction. Must not know who may create a room, or its actor.

use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_proto::room::Role;

use super::batch::Batch;
use super::row::{self, one, sql};
use super::{members, rooms};
use crate::store::{Append, MemberState, NewRoom, StoreError, StoredRoom};

pub(super) fn create(c: &Batch<'_>, new: &NewRoom) -> Result<StoredRoom, StoreError> {
    let room = rooms::create(c, new)?.room.id;
    // A room that opens again has given numbers up to its reservation. Its former actor gives none any more.
    let query = "SELECT max(head, ceiling) FROM room WHERE id = ?1";
    let given = one(c, query, [sql(room.0)], |row| Ok(Seq(row::number(row, 0)?)))?.ok_or(StoreError::NotFound)?;
    let join = Append { room, seq: given.next(), at: new.at, by: new.by, content: Content::Join, chain: None };
    members::change(c, &join, MemberState::Joins(Role::Owner))?;
    rooms::by_id(c, room)?.ok_or(StoreError::NotFound)
}
