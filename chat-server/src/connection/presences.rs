//! The presences of accounts, online or not. Must not know who asks.

use chat_proto::ids::UserId;
use chat_proto::presence::UserPresence;

use super::error::Refusal;
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

/// What an account says of itself.
pub(super) fn profile(account: &Account) -> Profile {
    Profile { chosen: account.availability, status: account.status.clone(), last_seen: account.last_seen }
}
