//! All a client may say: `hello`, then requests. Must not know how frames travel.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountSeq, Epoch, RequestId, RoomId, Seq};
use crate::request::Request;
use crate::text::Username;

/// One frame from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// The first frame; signs in.
    Hello(Hello),
    /// Everything else.
    Request {
        /// Echoed in the answer.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
}

/// The first frame: who speaks, and what they want to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version: 1.
    pub version: u32,
    /// The program that speaks.
    pub client: ClientInfo,
    /// How it signs in.
    pub auth: Auth,
    /// Which rooms' events are pushed.
    #[serde(default)]
    pub subscribe: Subscription,
    /// Whether this connection makes the account appear online.
    #[serde(default)]
    pub presence: bool,
    /// Where an earlier connection stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// The program that speaks, for logs and for hints about versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// Its name, at most 32 characters.
    pub name: String,
    /// Its version, at most 32 characters.
    pub version: String,
}

/// How a client signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Auth {
    /// As the user who owns the other end of the Unix socket.
    Peer,
    /// With a token from an earlier sign-in.
    Token {
        /// The token.
        token: String,
    },
    /// With name and password; `welcome` carries a token.
    Password {
        /// The account's name.
        name: Username,
        /// Its password.
        password: String,
    },
    /// Makes an account; `welcome` carries a token.
    Register {
        /// The name it shall have.
        name: Username,
        /// Its password: at least 8 characters, at most 256 bytes.
        password: String,
        /// An invitation, or the server's one-time setup code, where registration is not open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Peer => "Peer",
            Self::Token { .. } => "Token { .. }",
            Self::Password { .. } => "Password { .. }",
            Self::Register { .. } => "Register { .. }",
        })
    }
}

/// Which rooms' events are pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subscription {
    /// Every room the account is a member of, now and later.
    All,
    /// None; a one-shot client asks for what it needs.
    #[default]
    None,
    /// These.
    Rooms(Vec<RoomId>),
}

/// Where an earlier connection stopped, so that what it missed comes with `welcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The epoch the cursors belong to; cursors of another epoch are ignored.
    pub epoch: Epoch,
    /// The account stream's cursor.
    pub account: AccountSeq,
    /// Each room's cursor.
    pub rooms: Vec<RoomCursor>,
}

/// A reader's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCursor {
    /// Which room.
    pub room: RoomId,
    /// The last number that was applied.
    pub after: Seq,
}
