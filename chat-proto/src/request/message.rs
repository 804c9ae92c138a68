//! Requests about messages, each with its answer.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientKey, RoomId, Seq};
use crate::message::{Item, Version};
use crate::room::User;
use crate::text::{CodeLanguage, MessageBody};
use crate::time::UnixMillis;

/// Writes a message. Answered after the message is on disk (or, ephemeral, held by the live store).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where.
    pub room: RoomId,
    /// The message's own name, made by the client; unique per sender.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// How long it lives; absent: the room's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Present where the text is code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLanguage>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Its place in this connection's chain; absent: it stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
}

/// How long a message lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It is kept until someone deletes it, whatever the room's default.
    Persistent,
    /// It ends after so many milliseconds: 1 s – 7 days.
    TtlMs(u64),
}

/// How a post stands to the ones before it on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chain {
    /// Refused with `chain_broken` once a chained post before it was refused.
    Continue,
    /// Begins a new chain.
    Restart,
}

/// The answer to `post`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The message's number.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// Whether this key had been accepted before; `seq` is then the first one's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
}

/// Replaces the text of one's own message. The same text changes nothing: no number is taken, nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
    /// The new text.
    pub body: MessageBody,
}

/// Deletes one's own message: a tombstone keeps its number, the text is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
}

/// The answer to requests that make a change with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The change's number; where nothing had to change, that of the last change.
    pub changed: Seq,
}

/// The texts a message had before it was edited; of those who may see the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Where.
    pub room: RoomId,
    /// Which message.
    pub seq: Seq,
}

/// The answer to `versions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsAnswer {
    /// Oldest first; empty where it was never edited, was deleted, or expires.
    pub versions: Vec<Version>,
}

/// A page of a room by `seq`, newest page first, oldest item first on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Which room.
    pub room: RoomId,
    /// Only what stands before this number; absent: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// By rising `seq`.
    pub items: Vec<Item>,
    /// The authors on the page.
    pub users: Vec<User>,
    /// `before` for the next older page; absent at the beginning of the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<Seq>,
    /// The room's last number.
    pub head: Seq,
}

/// What changed after a number, each thing once in its present state, by rising `changed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Which room.
    pub room: RoomId,
    /// The cursor: the last number that was applied.
    pub after: Seq,
    /// At most so many: 1 – 200.
    pub limit: u32,
}

/// The answer to `changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// By rising `changed`.
    pub items: Vec<Item>,
    /// The authors on the page.
    pub users: Vec<User>,
    /// The cursor once this whole page is applied. Equal to `head` on the last page.
    pub next: Seq,
    /// The room's last number; ask again while `next < head`.
    pub head: Seq,
}

/// Moves the read mark. It only grows, unless `rewind` says that the reader wants it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Which room.
    pub room: RoomId,
    /// All up to here is read; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Takes the mark back to `seq`: "mark as unread".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewind: bool,
}
