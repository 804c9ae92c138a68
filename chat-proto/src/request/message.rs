//! Requests about messages, each with its answer. Must not know how they are served.

use serde::{Deserialize, Serialize};

use crate::cursor::{Cursor, Parted};
use crate::ids::{ClientKey, RoomId, Seq};
use crate::message::{Item, JoinRun, Version};
use crate::room::User;
use crate::text::{CodeLanguage, MessageBody};
use crate::time::UnixMillis;

/// Posts a message. Answered after the message is on disk or, if ephemeral, in the live store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The room.
    pub room: RoomId,
    /// The message's key, made by the client; unique per sender.
    pub key: ClientKey,
    /// The text.
    pub body: MessageBody,
    /// How long it lives; absent: the room's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// Present if the text is code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLanguage>,
    /// The message it replies to. If that expires, so does this one, at the latest at the same moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Its place in this connection's chain; absent: in no chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
}

/// How long a message lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// Until someone deletes it, whatever the room's default; not in reply to an ephemeral message.
    Persistent,
    /// It expires after these milliseconds: 1 s – 7 days.
    TtlMs(u64),
}

/// How a post depends on earlier posts of the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chain {
    /// Refused with `chain_broken` if an earlier post of the chain was refused.
    Continue,
    /// Begins a new chain.
    Restart,
}

/// The answer to `post`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The message's place.
    pub seq: Seq,
    /// When it was accepted.
    pub at: UnixMillis,
    /// Whether the key was used before; `seq` is then the first message's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
}

/// Replaces the text of a message. The same text again changes nothing, takes no number, and answers that of the
/// message's last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The room.
    pub room: RoomId,
    /// The message.
    pub seq: Seq,
    /// The new text.
    pub body: MessageBody,
}

/// Deletes a message: a tombstone keeps its place, the text is gone. Of a message that is deleted it answers the number of
/// the deletion, to those who may delete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The room.
    pub room: RoomId,
    /// The message.
    pub seq: Seq,
}

/// The answer to requests that change a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The change's number. If nothing had to change: of a message, the number of its last change; of a room's topic or
    /// description, the room's last number.
    pub changed: Seq,
}

/// The earlier texts of a message; for those who may see the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The room.
    pub room: RoomId,
    /// The message.
    pub seq: Seq,
}

/// The answer to `versions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsAnswer {
    /// Oldest first; empty if it was never edited, was deleted, or is ephemeral.
    pub versions: Vec<Version>,
}

/// A page of a room by `seq`: the newest page first, the oldest item first on each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The room.
    pub room: RoomId,
    /// Only items before this number; absent: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Most messages: 1 – 200. Deleted, expired and damaged ones count, too.
    pub limit: u32,
}

/// The answer to `history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// By rising `seq`; no joins and leaves. Other items than messages come beside them, so that there may be twice as many as
    /// the limit.
    pub items: Vec<Item>,
    /// The joins and leaves between the items, by rising `seq`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<JoinRun>,
    /// The authors on the page, and the accounts that `joins` name.
    pub users: Vec<User>,
    /// `before` for the next older page; absent at the beginning of the room. A page that has it has items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<Seq>,
    /// The room's last number when the page was cut, as the cursor of a client that has applied everything.
    pub head: Cursor,
}

/// Everything that changed after a number, each item once, whole and in its present state, by rising `changed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The room.
    pub room: RoomId,
    /// How far changes have been applied.
    pub after: Cursor,
    /// Most entries: 1 – 200.
    pub limit: u32,
}

/// The answer to `changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// By rising `changed`.
    pub items: Vec<Item>,
    /// The authors on the page.
    pub users: Vec<User>,
    /// The cursor once the whole page is applied. On the last page `next.seq` is `head.seq`, or higher: the numbers of
    /// ephemeral messages that ended with an earlier run of the server lie beyond `head`.
    pub next: Cursor,
    /// The room's last number when the page was cut, as the cursor of a client that has applied everything; ask again while
    /// `next.seq < head.seq`.
    pub head: Cursor,
    /// Present if `after` is a cursor of another life of the data: then `items` is empty, and `next` is where the lives
    /// part, or the beginning of the room if that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parted: Option<Parted>,
}

/// Moves the read marker: forward, or anywhere with `rewind`, at most to the room's last number. With `seq: 0` and
/// without `rewind` nothing moves: it asks for the counts of this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The room.
    pub room: RoomId,
    /// Everything up to here is read; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Moves the marker back to `seq`: "mark as unread".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewind: bool,
}
