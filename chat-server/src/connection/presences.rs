//! The presences of accounts, online or not, and who may see them. Must not know how they change.

use chat_proto::ids::UserId;
use chat_proto::presence::UserPresence;
use chat_proto::room::{Role, Room};

use super::error::Refusal;
use crate::access::{Caller, RoomAction, RoomClass, in_room};
use crate::presence::Profile;
use crate::server::Server;
use crate::store::Account;

/// The presences of accounts. Those that are offline show what the database knows.
pub(super) async fn presences(server: &Server, ids: Vec<UserId>) -> Result<Vec<UserPresence>, Refusal> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let accounts = server.store.accounts(ids).await?;
    let presence = |account: &Account| {
        let presence = server.presence.presence_with(account.id, &profile(account));
        UserPresence { user: account.id, presence }
    };
    Ok(accounts.iter().map(presence).collect())
}

/// Whether a caller may see which members of a room are online. `role` is its role there.
pub(super) fn may_see_online(caller: &Caller, role: Option<Role>, room: &Room) -> bool {
    in_room(caller.role(), role, RoomClass::of(room.id, room.kind), RoomAction::SeeOnline).is_allowed()
}

/// How many members of a room are online; 0 for a caller who may not see it.
pub(super) fn online(server: &Server, caller: &Caller, role: Option<Role>, room: &Room) -> u32 {
    if may_see_online(caller, role, room) { server.audience.online(room.id) } else { 0 }
}

/// The profile that an account has given itself.
pub(super) fn profile(account: &Account) -> Profile {
    Profile { chosen: account.availability, status: account.status.clone(), last_seen: account.last_seen }
}
