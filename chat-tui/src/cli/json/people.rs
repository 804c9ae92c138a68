//! The lines of people and accounts. Must not know rooms.

use chat_proto::ids::UserId;
use chat_proto::presence::Presence;
use chat_proto::text::StatusText;
use serde::Serialize;

use super::moment::Moment;
use super::value::UserFields;
use super::words;

/// A person and their presence.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct PersonLine<'a> {
    user: UserFields<'a>,
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Moment>,
}

impl<'a> PersonLine<'a> {
    /// The line of a person.
    pub fn new(name: &'a str, user_id: UserId, presence: &'a Presence) -> Self {
        Self {
            user: UserFields::new(user_id, name),
            availability: words::availability(presence.availability),
            status: presence.status.as_ref().map(StatusText::as_str),
            last_seen: presence.last_seen.map(Moment::from),
        }
    }
}

/// The account that is signed in, and its server.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct IdentityLine<'a> {
    /// The account.
    pub user: UserFields<'a>,
    /// The server's address.
    pub server: &'a str,
    /// The server's version.
    pub server_version: &'a str,
    /// The epoch of the server's data.
    pub epoch: &'a str,
}
