//! The one place that decides who may see a room, and what may pass before a sign-in.

use chat_proto::ids::{RoomId, UserId};
use chat_proto::room::RoomKind;

use super::error::Refusal;
use crate::room::{Rooms, Snapshot};

/// The room, if `user` may see it. What is not there and what is hidden answer the same.
pub(super) async fn visible(rooms: &Rooms, user: UserId, room: RoomId) -> Result<Snapshot, Refusal> {
    let snapshot = rooms.snapshot(user, room).await?;
    if may_see(snapshot.room.kind, snapshot.role.is_some()) { Ok(snapshot) } else { Err(Refusal::not_found()) }
}

/// The room, if `user` is a member; what is hidden is not found, what is public wants joining first.
pub(super) async fn member(rooms: &Rooms, user: UserId, room: RoomId) -> Result<Snapshot, Refusal> {
    let snapshot = visible(rooms, user, room).await?;
    if snapshot.role.is_some() { Ok(snapshot) } else { Err(crate::room::RoomError::NotMember.into()) }
}

/// Whether a room of this kind is seen by members only.
pub(super) fn may_see(kind: RoomKind, is_member: bool) -> bool {
    match kind {
        RoomKind::Public => true,
        RoomKind::Private | RoomKind::Direct => is_member,
    }
}
