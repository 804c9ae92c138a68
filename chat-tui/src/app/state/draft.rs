//! The content of a new message, from where it is written to where it is sent. Must not know either.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::Life;
use chat_proto::text::{CodeLanguage, MessageBody};

/// The content of a new message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub body: MessageBody,
    /// The language, if it is code.
    pub code: Option<CodeLanguage>,
    /// How long it lives; `None` follows the room.
    pub life: Option<Life>,
}
