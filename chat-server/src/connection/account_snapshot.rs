//! The account stream's present state: `account` answers it, and `welcome` carries it. Must not know how it is sent.

use chat_proto::cursor::Cursor;
use chat_proto::ids::UserId;
use chat_proto::server_frame::AccountSnapshot;

use super::error::Refusal;
use super::snapshot_size;
use crate::server::Server;

/// The present state of an account. The stream's number is read before the rooms: changes in between are pushed.
pub(super) async fn account_snapshot(server: &Server, user: UserId) -> Result<AccountSnapshot, Refusal> {
    let head = server.connections.head(user);
    let mut rooms = server.store.memberships(user).await?;
    server.rooms.learn_ephemeral(rooms.iter().map(|membership| membership.room.id)).await;
    for membership in &mut rooms {
        let persistent = std::mem::take(&mut membership.read_marker);
        membership.read_marker = server.rooms.with_ephemeral(membership.room.id, user, persistent);
        // `room_info` has it: a thousand of them would not fit a frame.
        membership.room.description = None;
        // The database does not know ephemeral messages.
        if let Some(noted) = server.rooms.noted_head(membership.room.id).filter(|noted| noted.seq > membership.head.seq)
        {
            membership.head = Cursor { persistent: membership.head.persistent, ..noted };
        }
    }
    let mut named: Vec<UserId> = rooms.iter().filter_map(|m| m.room.topic.as_ref().map(|topic| topic.by)).collect();
    named.push(user);
    named.sort_unstable();
    named.dedup();
    let users = server.store.users(named).await?;
    let mut snapshot = AccountSnapshot { head, rooms, users };
    snapshot_size::fit(&mut snapshot);
    Ok(snapshot)
}
