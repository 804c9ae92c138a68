//! The requests' table: for each request the access it needs, its cost, its order, its scope and whether it writes.
//! Must not know how a request is served.

use chat_proto::request::{Post, Request};

use crate::access::{RoomAction, RoomClass, Scope, ServerAction, ServerRole, in_room};
use crate::server::Cost;

/// The properties of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The action that the server's access table decides on.
    pub action: ServerAction,
    /// The action that the room's access table decides on; `None` if the request names no room. Editing and deleting
    /// another account's message is decided by the room, as is what else a request looks at on the way. A reply is
    /// decided as one twice: when the message it answers is looked up, and when the room takes it.
    pub room: Option<RoomAction>,
    /// Its cost to the account.
    pub cost: Cost,
    /// Whether the posts before it are answered first, so that its answer includes their effects.
    pub is_ordered: bool,
    /// Whether it shows that a person is there. Requests that programs make by themselves do not.
    pub shows_person: bool,
    /// The scope that a credential must have.
    pub scope: Scope,
    /// Whether it changes something that outlives the connection or that others see.
    pub writes: bool,
}

const ORDERED: bool = true;
const FREELY: bool = false;
const PERSON: bool = true;
const EITHER: bool = false;
const WRITES: bool = true;
const READS: bool = false;

impl Row {
    /// The row of a post, which has a way of its own beside the others.
    pub fn of_post(post: &Post) -> Self {
        Self {
            action: ServerAction::UseRooms,
            room: Some(if post.reply_to.is_some() { RoomAction::Reply } else { RoomAction::Post }),
            cost: Cost::Post,
            is_ordered: ORDERED,
            shows_person: PERSON,
            scope: Scope::Post,
            writes: WRITES,
        }
    }

    /// The row of a request.
    #[rustfmt::skip]
    #[expect(clippy::match_same_arms, reason = "a table: one line for each request")]
    pub fn of(request: &Request) -> Self {
        use {RoomAction as R, Scope as S, ServerAction as A};
        let (action, room, cost, is_ordered, shows_person, scope, writes) = match request {
            //                                server            room                     cost              order    shows   scope        writes
            Request::Post(post)        => return Self::of_post(post),
            Request::Edit(_)           => (A::UseRooms,       Some(R::EditOwn),        Cost::Change,     ORDERED, PERSON, S::Post,     WRITES),
            Request::Delete(_)         => (A::UseRooms,       Some(R::DeleteOwn),      Cost::Change,     ORDERED, PERSON, S::Post,     WRITES),
            Request::History(_)        => (A::UseRooms,       Some(R::ReadHistory),    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Changes(_)        => (A::UseRooms,       Some(R::ReadChanges),    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Versions(_)       => (A::UseRooms,       Some(R::ReadVersions),   Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Read(_)           => (A::UseRooms,       Some(R::MoveReadMarker), Cost::ReadMarker, ORDERED, PERSON, S::Post,     WRITES),
            Request::CreateRoom(_)     => (A::CreateRoom,     None,                    Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::Join(_)           => (A::UseRooms,       Some(R::Join),           Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::Leave(_)          => (A::UseRooms,       Some(R::Leave),          Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::ListRooms(_)      => (A::ListRooms,      None,                    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::RoomInfo(_)       => (A::UseRooms,       Some(R::See),            Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::SetTopic(_)       => (A::UseRooms,       Some(R::SetTopic),       Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::SetDescription(_) => (A::UseRooms,       Some(R::SetDescription), Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::Members(_)        => (A::UseRooms,       Some(R::ListMembers),    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::SetRsvp(_)        => (A::UseRooms,       Some(R::Rsvp),           Cost::Change,     ORDERED, EITHER, S::Rooms,    WRITES),
            Request::Users(_)          => (A::LookUp,         None,                    Cost::Free,       FREELY,  EITHER, S::Read,     READS),
            Request::Resolve(_)        => (A::LookUp,         Some(R::See),            Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Subscribe(_)      => (A::UseRooms,       Some(R::Subscribe),      Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Unsubscribe(_)    => (A::UseRooms,       None,                    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::SetTyping(_)      => (A::UseRooms,       Some(R::Type),           Cost::Change,     FREELY,  PERSON, S::Post,     WRITES),
            Request::SetActivity(_)    => (A::SetPresence,    None,                    Cost::Free,       FREELY,  EITHER, S::Read,     WRITES),
            Request::SetStatus(_)      => (A::SetPresence,    None,                    Cost::Change,     ORDERED, EITHER, S::Account,  WRITES),
            Request::OwnStatus(_)      => (A::SetPresence,    None,                    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Who(_)            => (A::SeePeople,      Some(R::SeeOnline),      Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Trending(_)       => (A::UseRooms,       Some(R::ReadTrending),   Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::Account(_)        => (A::ReadAccount,    None,                    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::AccountChanges(_) => (A::ReadAccount,    None,                    Cost::Free,       ORDERED, EITHER, S::Read,     READS),
            Request::SetPassword(_)    => (A::ChangePassword, None,                    Cost::Change,     ORDERED, EITHER, S::Account,  WRITES),
            Request::Logout(_)         => (A::SignOut,        None,                    Cost::Free,       ORDERED, EITHER, S::Account,  WRITES),
            Request::Ping(_)           => (A::Ping,           None,                    Cost::Free,       FREELY,  EITHER, S::Read,     READS),
        };
        Self { action, room, cost, is_ordered, shows_person, scope, writes }
    }

    /// Whether only members of a public room may make it there.
    pub fn needs_member(&self) -> bool {
        let outsider = |action| in_room(ServerRole::Account, None, RoomClass::Public, action);
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
