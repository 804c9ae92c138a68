//! The server's table: server role × server action → allowed, hidden or refused. Pure.
//! Must not know rooms: what a caller may do inside one is the other table's answer.

#![deny(clippy::disallowed_methods)]

use super::Decision;

/// A caller's role on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ServerRole {
    /// Not signed in: before `hello`, and again once the sign-in was revoked.
    Anonymous,
    /// A signed-in account.
    Account,
}

impl ServerRole {
    /// Every role, for tests and for generated SQL.
    pub const ALL: [Self; 2] = [Self::Anonymous, Self::Account];
}

/// Why the server refuses an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRefusal {
    /// Only signed-in accounts may do this.
    SignedOut,
}

/// The actions on the server. Requests that name a room are one action here; the room decides the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerAction {
    /// Do something in a room.
    UseRooms,
    /// Make a room, or reopen a closed one.
    CreateRoom,
    /// List the rooms one may see.
    ListRooms,
    /// Look up names and ids of accounts and rooms.
    LookUp,
    /// See who is online.
    SeePeople,
    /// Set one's own status, or report activity.
    SetPresence,
    /// Read one's own account stream.
    ReadAccount,
    /// Change one's own password.
    ChangePassword,
    /// End one's own sign-in.
    SignOut,
    /// Ask whether the server answers.
    Ping,
}

impl ServerAction {
    /// Every action, for tests.
    pub const ALL: [Self; 10] = [
        Self::UseRooms,
        Self::CreateRoom,
        Self::ListRooms,
        Self::LookUp,
        Self::SeePeople,
        Self::SetPresence,
        Self::ReadAccount,
        Self::ChangePassword,
        Self::SignOut,
        Self::Ping,
    ];
}

/// The table.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "a table: one line for each action")]
pub fn on_server(role: ServerRole, action: ServerAction) -> Decision<ServerRefusal> {
    use Decision::Allowed;
    const OUT: Decision<ServerRefusal> = Decision::Refused(ServerRefusal::SignedOut);

    let [anonymous, account] = match action {
        //                               anonymous account
        ServerAction::UseRooms       => [OUT,      Allowed],
        ServerAction::CreateRoom     => [OUT,      Allowed],
        ServerAction::ListRooms      => [OUT,      Allowed],
        ServerAction::LookUp         => [OUT,      Allowed],
        ServerAction::SeePeople      => [OUT,      Allowed],
        ServerAction::SetPresence    => [OUT,      Allowed],
        ServerAction::ReadAccount    => [OUT,      Allowed],
        ServerAction::ChangePassword => [OUT,      Allowed],
        ServerAction::SignOut        => [OUT,      Allowed],
        ServerAction::Ping           => [OUT,      Allowed],
    };
    match role {
        ServerRole::Anonymous => anonymous,
        ServerRole::Account => account,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_answered_before_a_sign_in_and_everything_after_it() {
        for action in ServerAction::ALL {
            assert_eq!(
                on_server(ServerRole::Anonymous, action),
                Decision::Refused(ServerRefusal::SignedOut),
                "{action:?}"
            );
            assert_eq!(on_server(ServerRole::Account, action), Decision::Allowed, "{action:?}");
        }
    }
}
