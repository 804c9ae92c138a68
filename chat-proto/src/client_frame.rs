//! The frames a client may send: `hello`, then requests. Must not know how frames travel.

use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;
use crate::ids::{AccountSeq, Epoch, RequestId, RoomId};
use crate::request::Request;
use crate::text::Username;

/// One frame from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// The first frame: signs in.
    Hello(Hello),
    /// Every later frame.
    Request {
        /// Echoed in the answer.
        id: RequestId,
        /// The request.
        request: Request,
    },
}

/// The first frame: who connects, and which events it wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version: 1.
    pub version: u32,
    /// The client program.
    pub client: ClientInfo,
    /// How it signs in.
    pub auth: Auth,
    /// The rooms whose events are pushed.
    #[serde(default)]
    pub subscribe: Subscription,
    /// Whether this connection makes the account appear online.
    #[serde(default)]
    pub presence: bool,
    /// The cursors of an earlier connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// The client program, for logs and for hints about versions.
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
    /// As the operating system's user at the other end of the Unix socket.
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
    /// Creates an account; `welcome` carries a token.
    Register {
        /// The account's name.
        name: Username,
        /// Its password: at least 8 characters, at most 256 bytes.
        password: String,
        /// An invitation or the server's one-time setup code, if registration is not open.
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

/// The rooms whose events are pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subscription {
    /// All rooms the account is a member of, now or later.
    All,
    /// No rooms: a one-shot client asks for what it needs.
    #[default]
    None,
    /// These rooms.
    Rooms(Vec<RoomId>),
}

/// The cursors of an earlier connection; `welcome` brings the changes it missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The epoch of the cursors; the server ignores cursors of another epoch.
    pub epoch: Epoch,
    /// The account stream's cursor.
    pub account: AccountSeq,
    /// Each room's cursor.
    pub rooms: Vec<RoomCursor>,
}

/// How far a client has applied a room's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCursor {
    /// The room.
    pub room: RoomId,
    /// How far its changes have been applied.
    pub after: Cursor,
}
