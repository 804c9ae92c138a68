//! The lines of people and accounts. Must not know rooms.

use chat_proto::ids::UserId;
use chat_proto::presence::Presence;
use chat_proto::text::StatusText;
use serde::Serialize;

use super::moment::Moment;
use super::words;

/// A person and their presence.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct PersonLine<'a> {
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Moment>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    user_id: UserId,
}

impl<'a> PersonLine<'a> {
    /// The line of a person.
    pub fn new(name: &'a str, user_id: UserId, presence: &'a Presence) -> Self {
        Self {
            availability: words::availability(presence.availability),
            last_seen: presence.last_seen.map(Moment::from),
            name,
            status: presence.status.as_ref().map(StatusText::as_str),
            user_id,
        }
    }
}

/// The account that is signed in, and its server.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct IdentityLine<'a> {
    /// The epoch of the server's data.
    pub epoch: &'a str,
    /// The account's name.
    pub name: &'a str,
    /// The server's address.
    pub server: &'a str,
    /// The server's version.
    pub server_version: &'a str,
    /// The account's id.
    pub user_id: UserId,
}
