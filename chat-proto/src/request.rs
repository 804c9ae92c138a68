//! The requests of a signed-in client, each paired with its answer. Must not know how a request is served.

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

/// A request with its tag and the type of its answer.
pub trait Call: Serialize + DeserializeOwned + Into<Request> {
    /// The `type` tag.
    const TYPE: &'static str;
    /// The type of `result` in its `ok`.
    type Answer: Serialize + DeserializeOwned;

    /// Takes this request's answer out of the set of all. `None` if it belongs to another request.
    fn answer_of(answer: Answer) -> Option<Self::Answer>;
}

/// Declares the closed set of requests: the enum, the tags and the answers.
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

        /// The `result` of an `ok`, by its request.
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
            /// Reads the answer to the request named `tag`; `None` if the tag is unknown.
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

            /// Reads the request named `tag` from a whole frame; `None` if the tag is unknown.
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
    /// Posts a message.
    Post = "post" => Posted;
    /// Replaces the text of a message.
    Edit = "edit" => Changed;
    /// Deletes a message.
    Delete = "delete" => Changed;
    /// Returns a page of a room, backwards.
    History = "history" => HistoryPage;
    /// Returns what changed in a room after a number.
    Changes = "changes" => ChangesPage;
    /// Returns the earlier texts of a message.
    Versions = "versions" => VersionsAnswer;
    /// Moves the read marker.
    Read = "read" => ReadMarker;
    /// Creates a room and joins it.
    CreateRoom = "create_room" => Membership;
    /// Joins a room.
    Join = "join" => Membership;
    /// Leaves a room.
    Leave = "leave" => Empty;
    /// Lists the rooms this account may see.
    ListRooms = "list_rooms" => RoomsPage;
    /// Returns one room with its counts.
    RoomInfo = "room_info" => RoomInfoAnswer;
    /// Sets or clears the topic line.
    SetTopic = "set_topic" => Changed;
    /// Sets or clears the description.
    SetDescription = "set_description" => Changed;
    /// Lists the members of a room.
    Members = "members" => MembersPage;
    /// Says whether this account takes part.
    SetRsvp = "set_rsvp" => RsvpCounts;
    /// Returns the names of accounts.
    Users = "users" => UsersAnswer;
    /// Returns the ids of names.
    Resolve = "resolve" => Resolved;
    /// Starts pushing the events of rooms.
    Subscribe = "subscribe" => Subscribed;
    /// Stops pushing the events of rooms.
    Unsubscribe = "unsubscribe" => Empty;
    /// Says that this account is typing, or has stopped.
    SetTyping = "set_typing" => Empty;
    /// Says whether this connection is in use.
    SetActivity = "set_activity" => Empty;
    /// Sets availability and status text.
    SetStatus = "set_status" => Presence;
    /// Returns the availability and the status text that this account has chosen.
    OwnStatus = "own_status" => ChosenStatus;
    /// Lists who is online.
    Who = "who" => WhoAnswer;
    /// Returns the trending words of a room.
    Trending = "trending" => TrendingAnswer;
    /// Returns the account stream's present state.
    Account = "account" => AccountSnapshot;
    /// Returns the events of the account stream after a number.
    AccountChanges = "account_changes" => AccountChangesPage;
    /// Changes the password.
    SetPassword = "set_password" => Empty;
    /// Ends this sign-in and all its connections.
    Logout = "logout" => Empty;
    /// Asks only for an answer.
    Ping = "ping" => Pong;
}
