//! Every request a signed-in client may make, each paired with its answer. Must not know how one is served.

mod message;
mod people;
mod room;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ErrorBody;
use crate::fault;
use crate::presence::Presence;
use crate::room::{Membership, ReadMarker, RsvpCounts};
use crate::server_frame::AccountSnapshot;

pub use message::*;
pub use people::*;
pub use room::*;

/// A request with its name on the wire and the type of its answer.
pub trait Call: Serialize + DeserializeOwned + Into<Request> {
    /// The `type` tag.
    const TYPE: &'static str;
    /// What a successful `ok` carries in `result`.
    type Answer: Serialize + DeserializeOwned;

    /// Takes this request's answer out of the set of all. `None` if it belongs to another request.
    fn answer_of(answer: Answer) -> Option<Self::Answer>;
}

/// Declares the closed set of requests: the enum, its tags and the pairing with answers.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident = $tag:literal => $answer:ty;)+) => {
        /// Any request.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Request {
            $($(#[$doc])* $name($name),)+
        }

        $(impl Call for $name {
            const TYPE: &'static str = $tag;
            type Answer = $answer;

            fn answer_of(answer: Answer) -> Option<$answer> {
                if let Answer::$name(answer) = answer { Some(answer) } else { None }
            }
        }

        impl From<$name> for Request {
            fn from(request: $name) -> Self {
                Self::$name(request)
            }
        })+

        /// What a successful answer carries, by the request it belongs to.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Answer {
            $(
                #[doc = concat!("The answer to `", $tag, "`.")]
                $name($answer),
            )+
        }

        impl Serialize for Answer {
            /// Writes the answer itself, as `result` carries it.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(answer) => answer.serialize(serializer),)+ }
            }
        }

        impl Request {
            /// Reads the answer to the request named `tag`; `None` where the tag is unknown.
            pub(crate) fn decode_answer(tag: &str, result: &str) -> Option<Result<Answer, ErrorBody>> {
                match tag {
                    $($tag => Some(fault::read(result).map(Answer::$name)),)+
                    _ => None,
                }
            }

            /// The tags of all requests.
            pub const TYPES: &'static [&'static str] = &[$($tag),+];

            /// The request's `type` tag.
            pub fn type_tag(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)+ }
            }

            /// Reads the request named `tag` out of a whole frame; `None` where the tag is unknown.
            pub(crate) fn decode(tag: &str, frame: &str) -> Option<Result<Self, ErrorBody>> {
                match tag {
                    $($tag => Some(fault::read(frame).map(Self::$name)),)+
                    _ => None,
                }
            }
        }

        impl Serialize for Request {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(request) => request.serialize(serializer),)+ }
            }
        }
    };
}

requests! {
    /// Writes a message.
    Post = "post" => Posted;
    /// Replaces the text of one's own message.
    Edit = "edit" => Changed;
    /// Deletes one's own message.
    Delete = "delete" => Changed;
    /// A page of a room, backwards.
    History = "history" => HistoryPage;
    /// What changed in a room after a number.
    Changes = "changes" => ChangesPage;
    /// The texts a message had before it was edited.
    Versions = "versions" => VersionsAnswer;
    /// Moves the read mark.
    Read = "read" => ReadMarker;
    /// Makes a room and joins it.
    CreateRoom = "create_room" => Membership;
    /// Becomes a member.
    Join = "join" => Membership;
    /// Is no longer a member.
    Leave = "leave" => Empty;
    /// The rooms this account may see.
    ListRooms = "list_rooms" => RoomsPage;
    /// One room with its counts.
    RoomInfo = "room_info" => RoomInfoAnswer;
    /// Sets or clears the topic line.
    SetTopic = "set_topic" => Changed;
    /// Sets or clears the description.
    SetDescription = "set_description" => Changed;
    /// The members of a room.
    Members = "members" => MembersPage;
    /// Says whether one takes part.
    SetRsvp = "set_rsvp" => RsvpCounts;
    /// Names for user ids.
    Users = "users" => UsersAnswer;
    /// Ids for names.
    Resolve = "resolve" => Resolved;
    /// Starts being told of rooms' events.
    Subscribe = "subscribe" => Subscribed;
    /// Stops being told.
    Unsubscribe = "unsubscribe" => Empty;
    /// Says that one types, or stopped.
    SetTyping = "set_typing" => Empty;
    /// Says whether someone is at the keyboard of this connection.
    SetActivity = "set_activity" => Empty;
    /// Sets what others see of this account.
    SetStatus = "set_status" => Presence;
    /// Who is there.
    Who = "who" => WhoAnswer;
    /// The words a room speaks of.
    Trending = "trending" => TrendingAnswer;
    /// The account stream's present state.
    Account = "account" => AccountSnapshot;
    /// What the account stream told after a number.
    AccountChanges = "account_changes" => AccountChangesPage;
    /// Changes one's password.
    SetPassword = "set_password" => Empty;
    /// Ends this sign-in and all its connections.
    Logout = "logout" => Empty;
    /// Asks for nothing but an answer.
    Ping = "ping" => Pong;
}
