//! The rooms' table: server role × room role × kind of room × action → allowed, hidden or refused. Pure.
//! Must not know messages or members: the room's actor looks those up and asks.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::RoomId;
use chat_proto::room::{Role, RoomKind};

use super::{Decision, ServerRole};

/// The room every account is a member of.
pub const GENERAL: RoomId = RoomId(1);

/// The classes of rooms that the table tells apart: `#general`, and the kinds of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomClass {
    /// `#general`: public, and nobody leaves it.
    General,
    /// Every account may see, read and join it.
    Public,
    /// Only members know that it exists.
    Private,
    /// A direct message: only its people know that it exists.
    Direct,
}

impl RoomClass {
    /// Every class, for tests and for generated SQL.
    pub const ALL: [Self; 4] = [Self::General, Self::Public, Self::Private, Self::Direct];

    /// The class of a room.
    pub fn of(room: RoomId, kind: RoomKind) -> Self {
        if room == GENERAL { Self::General } else { Self::of_kind(kind) }
    }

    /// The class of every room of a kind but `#general`.
    pub fn of_kind(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Public => Self::Public,
            RoomKind::Private => Self::Private,
            RoomKind::Direct => Self::Direct,
        }
    }
}

/// Why a room refuses an action to a caller who may see the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomRefusal {
    /// The caller's sign-in has ended.
    #[error("the sign-in has ended")]
    SignedOut,
    /// Only members may do this.
    #[error("only members may do this")]
    NotMember,
    /// Only the author of a message may do this to it.
    #[error("only its author may change a message")]
    NotAuthor,
    /// Nobody leaves this room.
    #[error("nobody leaves this room")]
    NobodyLeaves,
}

/// The actions in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomAction {
    /// Learn that it exists: its name, topic, counts and head; find it in a list or by its name.
    See,
    /// Read pages of its history.
    ReadHistory,
    /// Catch up with its changes, after a reconnect included.
    ReadChanges,
    /// Read the earlier texts of an edited message.
    ReadVersions,
    /// Have its events pushed.
    Subscribe,
    /// List its members.
    ListMembers,
    /// See who of its members is online.
    SeeOnline,
    /// Read its trending words.
    ReadTrending,
    /// Post a message.
    Post,
    /// Post a message that answers another one.
    Reply,
    /// Edit a message of one's own.
    EditOwn,
    /// Edit another account's message.
    EditOthers,
    /// Delete a message of one's own.
    DeleteOwn,
    /// Delete another account's message.
    DeleteOthers,
    /// Delete another account's ephemeral message: together they may fill the room.
    DeleteOthersEphemeral,
    /// Set or clear the topic.
    SetTopic,
    /// Set or clear the description.
    SetDescription,
    /// Say whether one takes part.
    Rsvp,
    /// Show that one is typing.
    Type,
    /// Move one's own read marker.
    MoveReadMarker,
    /// Become a member; again changes nothing.
    Join,
    /// Give up one's membership; again changes nothing.
    Leave,
    /// Reopen a closed room of this name that one made.
    ReopenOwn,
    /// Reopen a closed room of this name that another account made.
    ReopenOthers,
}

impl RoomAction {
    /// Every action, for tests.
    pub const ALL: [Self; 24] = [
        Self::See,
        Self::ReadHistory,
        Self::ReadChanges,
        Self::ReadVersions,
        Self::Subscribe,
        Self::ListMembers,
        Self::SeeOnline,
        Self::ReadTrending,
        Self::Post,
        Self::Reply,
        Self::EditOwn,
        Self::EditOthers,
        Self::DeleteOwn,
        Self::DeleteOthers,
        Self::DeleteOthersEphemeral,
        Self::SetTopic,
        Self::SetDescription,
        Self::Rsvp,
        Self::Type,
        Self::MoveReadMarker,
        Self::Join,
        Self::Leave,
        Self::ReopenOwn,
        Self::ReopenOthers,
    ];
}

use Decision::{Allowed, Hidden};
const MEMBERS: Decision<RoomRefusal> = Decision::Refused(RoomRefusal::NotMember);
const AUTHOR: Decision<RoomRefusal> = Decision::Refused(RoomRefusal::NotAuthor);
const STAYS: Decision<RoomRefusal> = Decision::Refused(RoomRefusal::NobodyLeaves);

/// One decision for each class: general, public, private, direct.
type Row = [Decision<RoomRefusal>; 4];

/// The table. `role` is the caller's role in the room, `None` for an account that is not a member.
pub fn in_room(server: ServerRole, role: Option<Role>, class: RoomClass, action: RoomAction) -> Decision<RoomRefusal> {
    let [general, public, private, direct] = match (server, role) {
        (ServerRole::Anonymous, _) => return Decision::Refused(RoomRefusal::SignedOut),
        (ServerRole::Account, None) => outsider(action),
        // The one right that an owner has before other members.
        (ServerRole::Account, Some(Role::Owner)) if action == RoomAction::DeleteOthersEphemeral => [Allowed; 4],
        (ServerRole::Account, Some(Role::Member | Role::Moderator | Role::Owner)) => member(action),
    };
    match class {
        RoomClass::General => general,
        RoomClass::Public => public,
        RoomClass::Private => private,
        RoomClass::Direct => direct,
    }
}

/// Accounts that are not members.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "a table: one line for each action")]
fn outsider(action: RoomAction) -> Row {
    match action {
        //                             general   public    private   direct
        RoomAction::See            => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::ReadHistory    => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::ReadChanges    => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::ReadVersions   => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::Subscribe      => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::ListMembers    => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::SeeOnline      => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::ReadTrending   => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::Post           => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::Reply          => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::EditOwn        => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::EditOthers     => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::DeleteOwn      => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::DeleteOthers   => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::DeleteOthersEphemeral => [MEMBERS, MEMBERS, Hidden, Hidden],
        RoomAction::SetTopic       => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::SetDescription => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::Rsvp           => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::Type           => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::MoveReadMarker => [MEMBERS,  MEMBERS,  Hidden,   Hidden],
        RoomAction::Join           => [Allowed,  Allowed,  Hidden,   Hidden],
        RoomAction::Leave          => [STAYS,    Allowed,  Hidden,   Hidden],
        RoomAction::ReopenOwn      => [Hidden,   Allowed,  Allowed,  Hidden],
        RoomAction::ReopenOthers   => [Hidden,   Allowed,  Hidden,   Hidden],
    }
}

/// Members of every role.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "a table: one line for each action")]
fn member(action: RoomAction) -> Row {
    match action {
        //                             general   public    private   direct
        RoomAction::See            => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::ReadHistory    => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::ReadChanges    => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::ReadVersions   => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Subscribe      => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::ListMembers    => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::SeeOnline      => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::ReadTrending   => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Post           => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Reply          => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::EditOwn        => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::EditOthers     => [AUTHOR,   AUTHOR,   AUTHOR,   AUTHOR],
        RoomAction::DeleteOwn      => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::DeleteOthers   => [AUTHOR,   AUTHOR,   AUTHOR,   AUTHOR],
        RoomAction::DeleteOthersEphemeral => [AUTHOR, AUTHOR, AUTHOR, AUTHOR],
        RoomAction::SetTopic       => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::SetDescription => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Rsvp           => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Type           => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::MoveReadMarker => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Join           => [Allowed,  Allowed,  Allowed,  Allowed],
        RoomAction::Leave          => [STAYS,    Allowed,  Allowed,  Allowed],
        RoomAction::ReopenOwn      => [Hidden,   Hidden,   Hidden,   Hidden],
        RoomAction::ReopenOthers   => [Hidden,   Hidden,   Hidden,   Hidden],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No role, and every role.
    fn roles() -> impl Iterator<Item = Option<Role>> {
        std::iter::once(None).chain(Role::ALL.map(Some))
    }

    fn account(role: Option<Role>, class: RoomClass, action: RoomAction) -> Decision<RoomRefusal> {
        in_room(ServerRole::Account, role, class, action)
    }

    #[test]
    fn a_hidden_room_is_hidden_from_outsiders_in_everything() {
        for class in RoomClass::ALL.into_iter().filter(|class| account(None, *class, RoomAction::See) == Hidden) {
            let reopens = |action| matches!(action, RoomAction::ReopenOwn | RoomAction::ReopenOthers);
            for action in RoomAction::ALL.into_iter().filter(|action| !reopens(*action)) {
                assert_eq!(account(None, class, action), Hidden, "{action:?} in {class:?}");
            }
        }
    }

    #[test]
    fn a_room_is_never_hidden_from_its_members() {
        for class in RoomClass::ALL {
            for role in Role::ALL {
                assert_eq!(account(Some(role), class, RoomAction::See), Allowed);
                for action in [RoomAction::Post, RoomAction::EditOthers, RoomAction::Leave] {
                    assert_ne!(account(Some(role), class, action), Hidden, "{action:?} in {class:?}");
                }
            }
        }
    }

    #[test]
    fn only_its_author_changes_a_message_and_nobody_leaves_general() {
        for role in Role::ALL {
            assert_eq!(account(Some(role), RoomClass::Public, RoomAction::EditOwn), Allowed);
            assert_eq!(account(Some(role), RoomClass::Public, RoomAction::DeleteOthers), AUTHOR);
            let of_ephemeral = if role == Role::Owner { Allowed } else { AUTHOR };
            assert_eq!(account(Some(role), RoomClass::Public, RoomAction::DeleteOthersEphemeral), of_ephemeral);
            assert_eq!(account(Some(role), RoomClass::General, RoomAction::Leave), STAYS);
            assert_eq!(account(Some(role), RoomClass::Private, RoomAction::Leave), Allowed);
        }
    }

    #[test]
    fn a_caller_whose_sign_in_has_ended_learns_nothing_of_any_room() {
        for (class, role) in RoomClass::ALL.into_iter().flat_map(|class| roles().map(move |role| (class, role))) {
            for action in RoomAction::ALL {
                let decision = in_room(ServerRole::Anonymous, role, class, action);
                assert_eq!(decision, Decision::Refused(RoomRefusal::SignedOut));
            }
        }
    }

    #[test]
    fn general_is_the_public_room_with_its_id() {
        assert_eq!(RoomClass::of(GENERAL, RoomKind::Public), RoomClass::General);
        assert_eq!(RoomClass::of(RoomId(2), RoomKind::Public), RoomClass::Public);
        assert_eq!(RoomClass::of(RoomId(2), RoomKind::Private), RoomClass::Private);
        assert_eq!(RoomClass::of(RoomId(2), RoomKind::Direct), RoomClass::Direct);
    }
}
