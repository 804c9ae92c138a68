//! The requests' table: for each request the access it needs, its cost, its order and its scope. Must not know how a
//! request is served.

use chat_proto::request::Request;

use crate::access::{Place, RoomAction, Scope, ServerAction, ServerRole, in_room};
use crate::server::Cost;

/// The properties of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The action that the server's access table decides on.
    pub action: ServerAction,
    /// The action that the room's access table decides on; `None` if the request names no room. Editing and deleting
    /// another account's message is decided by the room.
    pub room: Option<RoomAction>,
    /// What it costs the account.
    pub cost: Cost,
    /// Whether the posts before it are answered first, so that its answer includes their effects.
    pub is_ordered: bool,
    /// Whether it shows that a person is there. Requests that programs make by themselves do not.
    pub shows_person: bool,
    /// The scope that a credential must have.
    pub scope: Scope,
}

const ORDERED: bool = true;
const FREELY: bool = false;
const PERSON: bool = true;
const EITHER: bool = false;

impl Row {
    /// The row of a post, which has a way of its own beside the others.
    pub const POST: Self = Self {
        action: ServerAction::UseRooms,
        room: Some(RoomAction::Post),
        cost: Cost::Post,
        is_ordered: ORDERED,
        shows_person: PERSON,
        scope: Scope::Post,
    };

    /// The row of a request.
    #[rustfmt::skip]
    #[expect(clippy::match_same_arms, reason = "a table: one line for each request")]
    pub fn of(request: &Request) -> Self {
        use {RoomAction as R, Scope as S, ServerAction as A};
        let (action, room, cost, is_ordered, shows_person, scope) = match request {
            //                                server            room                     cost              order    shows   scope
            Request::Post(_)           => return Self::POST,
            Request::Edit(_)           => (A::UseRooms,       Some(R::EditOwn),        Cost::Change,     ORDERED, PERSON, S::Post),
            Request::Delete(_)         => (A::UseRooms,       Some(R::DeleteOwn),      Cost::Change,     ORDERED, PERSON, S::Post),
            Request::History(_)        => (A::UseRooms,       Some(R::ReadHistory),    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Changes(_)        => (A::UseRooms,       Some(R::ReadChanges),    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Versions(_)       => (A::UseRooms,       Some(R::ReadVersions),   Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Read(_)           => (A::UseRooms,       Some(R::MoveReadMarker), Cost::ReadMarker, ORDERED, PERSON, S::Post),
            Request::CreateRoom(_)     => (A::CreateRoom,     None,                    Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::Join(_)           => (A::UseRooms,       Some(R::Join),           Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::Leave(_)          => (A::UseRooms,       Some(R::Leave),          Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::ListRooms(_)      => (A::ListRooms,      None,                    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::RoomInfo(_)       => (A::UseRooms,       Some(R::See),            Cost::Free,       ORDERED, EITHER, S::Read),
            Request::SetTopic(_)       => (A::UseRooms,       Some(R::SetTopic),       Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::SetDescription(_) => (A::UseRooms,       Some(R::SetDescription), Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::Members(_)        => (A::UseRooms,       Some(R::ListMembers),    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::SetRsvp(_)        => (A::UseRooms,       Some(R::Rsvp),           Cost::Change,     ORDERED, EITHER, S::Rooms),
            Request::Users(_)          => (A::LookUp,         None,                    Cost::Free,       FREELY,  EITHER, S::Read),
            Request::Resolve(_)        => (A::LookUp,         Some(R::See),            Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Subscribe(_)      => (A::UseRooms,       Some(R::Subscribe),      Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Unsubscribe(_)    => (A::UseRooms,       None,                    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::SetTyping(_)      => (A::UseRooms,       Some(R::Type),           Cost::Change,     FREELY,  PERSON, S::Post),
            Request::SetActivity(_)    => (A::SetPresence,    None,                    Cost::Free,       FREELY,  EITHER, S::Read),
            Request::SetStatus(_)      => (A::SetPresence,    None,                    Cost::Change,     ORDERED, EITHER, S::Account),
            Request::Who(_)            => (A::SeePeople,      Some(R::SeeOnline),      Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Trending(_)       => (A::UseRooms,       Some(R::ReadTrending),   Cost::Free,       ORDERED, EITHER, S::Read),
            Request::Account(_)        => (A::ReadAccount,    None,                    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::AccountChanges(_) => (A::ReadAccount,    None,                    Cost::Free,       ORDERED, EITHER, S::Read),
            Request::SetPassword(_)    => (A::ChangePassword, None,                    Cost::Change,     ORDERED, EITHER, S::Account),
            Request::Logout(_)         => (A::SignOut,        None,                    Cost::Free,       ORDERED, EITHER, S::Account),
            Request::Ping(_)           => (A::Ping,           None,                    Cost::Free,       FREELY,  EITHER, S::Read),
        };
        Self { action, room, cost, is_ordered, shows_person, scope }
    }

    /// Whether only members of a public room may make it there.
    pub fn needs_member(&self) -> bool {
        let outsider = |action| in_room(ServerRole::Account, None, Place::Public, action);
        self.room.is_some_and(|action| !outsider(action).is_allowed())
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{RoomId, Seq};
    use chat_proto::request::{Delete, Ping, Read, Trending};

    use super::*;

    #[test]
    fn a_row_says_who_may_at_which_cost_and_in_which_order() {
        let row = |request: Request| Row::of(&request);
        let delete = row(Delete { room: RoomId(1), seq: Seq(1) }.into());
        assert!(delete.needs_member() && delete.is_ordered && delete.shows_person);
        assert_eq!((delete.cost, delete.scope), (Cost::Change, Scope::Post));
        let read = row(Read { room: RoomId(1), seq: None, rewind: false }.into());
        assert!(read.needs_member());
        assert_eq!(read.cost, Cost::ReadMarker);
        assert!(row(Trending { room: RoomId(1), limit: 1 }.into()).needs_member());
        let ping = row(Ping {}.into());
        assert!(!ping.needs_member() && !ping.is_ordered && !ping.shows_person);
    }
}
