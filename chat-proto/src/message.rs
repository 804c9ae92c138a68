//! What stands in a room's order: messages and everything else that has a number. Must not know how it is
//! stored or drawn.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientKey, Seq, UserId};
use crate::room::Rsvp;
use crate::text::{CodeLanguage, Description, MessageBody, RoomName, TopicText};
use crate::time::UnixMillis;

/// One thing in a room's order, in its present state.
///
/// `seq` is its place and never changes; `changed` is the number of its last change, at first equal to `seq`.
/// Whoever keeps items keeps, for each `seq`, the one with the highest `changed`: late and doubled frames are
/// then harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its place in the room.
    pub seq: Seq,
    /// The number of its last change; `changed >= seq`.
    pub changed: Seq,
    /// When it was accepted, by the server's clock. Not an order: two items may share a moment.
    pub at: UnixMillis,
    /// Who did it.
    pub by: UserId,
    /// What it is.
    pub content: Content,
}

/// The kinds of things that have a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// A message, lasting or ephemeral.
    Message(Message),
    /// A message that was deleted; its text is gone everywhere.
    Deleted {
        /// When.
        deleted_at: UnixMillis,
        /// By whom: the author, or later a moderator.
        deleted_by: UserId,
    },
    /// An ephemeral message whose time is up; told where a reader may have missed its life.
    Expired {
        /// When it ended.
        expired_at: UnixMillis,
    },
    /// `by` became a member.
    Join,
    /// `by` is no longer a member.
    Leave,
    /// The topic line was set or, where absent, cleared.
    Topic {
        /// The new topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicText>,
    },
    /// The description was set or, where absent, cleared.
    Description {
        /// The new description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Description>,
    },
    /// The room got another name.
    Renamed {
        /// The new name.
        name: RoomName,
    },
    /// `by` said whether they take part.
    Rsvp {
        /// What they said.
        answer: Rsvp,
    },
}

/// A message's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text.
    pub body: MessageBody,
    /// Present where the text is code, to be shown as written; an empty language is `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLanguage>,
    /// The key its sender gave it, by which the sender's devices settle what they sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// When it ends; absent for a lasting message. Readers hide it at that instant by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UnixMillis>,
    /// The accounts it names with `@name`, in the order of the text, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// The message it answers, in the same room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

impl Message {
    /// A plain lasting message.
    pub fn plain(body: MessageBody) -> Self {
        Self { body, code: None, key: None, expires_at: None, edited_at: None, mentions: Vec::new(), reply_to: None }
    }
}
/// A text a message had before it was edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The text.
    pub body: MessageBody,
    /// When the next one took its place.
    pub replaced_at: UnixMillis,
}
