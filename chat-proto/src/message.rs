//! Items: messages and everything else with a place in a room's order, and small changes of them. Must not know how
//! they are stored or drawn.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientKey, Seq, UserId};
use crate::limits::{JOIN_RUN_NAMED_MAX, JOIN_RUN_USERS_MAX};
use crate::room::{Rsvp, RsvpCounts};
use crate::text::{CodeLanguage, Description, MessageBody, RoomName, TopicText};
use crate::time::UnixMillis;

/// One item of a room, in its present state.
///
/// `seq` is its place and never changes; `changed` is the number of its last change, at first equal to `seq`. Readers
/// keep, for each `seq`, the item with the highest `changed`: late and doubled frames are then harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its place in the room.
    pub seq: Seq,
    /// The number of its last change; `changed >= seq`.
    pub changed: Seq,
    /// When it was accepted, by the server's clock. Not an order: two items may share a moment.
    pub at: UnixMillis,
    /// Who made it.
    pub by: UserId,
    /// Its content.
    pub content: Content,
}

impl Item {
    /// The bytes of its message's text; 0 if it is no message.
    pub fn body_bytes(&self) -> usize {
        self.content.message().map_or(0, |message| message.body.as_str().len())
    }
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// A message, persistent or ephemeral.
    Message(Message),
    /// A message that was deleted; its text is gone everywhere.
    Deleted {
        /// When.
        deleted_at: UnixMillis,
        /// By whom.
        deleted_by: UserId,
    },
    /// An ephemeral message that has expired; sent to readers who may have missed its life.
    Expired {
        /// When it ended.
        expired_at: UnixMillis,
    },
    /// `by` joined the room.
    Join,
    /// `by` left the room.
    Leave,
    /// The topic line was set; absent: cleared.
    Topic {
        /// The new topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicText>,
    },
    /// The description was set; absent: cleared.
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
    /// `by` said whether it takes part. A member has one such item while it is a member; later answers change it.
    Rsvp {
        /// The answer; `none` if it was taken back.
        answer: Rsvp,
        /// The room's answers right after this one.
        #[serde(default)]
        counts: RsvpCounts,
        /// When the answer was last changed; absent for a first answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_at: Option<UnixMillis>,
    },
    /// An item that the server cannot read any more: its row is damaged. Only its place is certain.
    Damaged,
}

impl Content {
    /// Returns the message; `None` if the item is anything else.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Deleted { .. }
            | Self::Expired { .. }
            | Self::Join
            | Self::Leave
            | Self::Topic { .. }
            | Self::Description { .. }
            | Self::Renamed { .. }
            | Self::Rsvp { .. }
            | Self::Damaged => None,
        }
    }

    /// `true` for a join, `false` for a leave; `None` if the item is neither.
    pub fn join(&self) -> Option<bool> {
        match self {
            Self::Join => Some(true),
            Self::Leave => Some(false),
            Self::Message(_)
            | Self::Deleted { .. }
            | Self::Expired { .. }
            | Self::Topic { .. }
            | Self::Description { .. }
            | Self::Renamed { .. }
            | Self::Rsvp { .. }
            | Self::Damaged => None,
        }
    }

    /// Whether a persistent message stands or stood here. A deleted one does not say which it was, and counts.
    pub fn is_persistent_message_place(&self) -> bool {
        self.is_message_place()
            && !matches!(self, Self::Expired { .. })
            && self.message().is_none_or(|message| message.expires_at.is_none())
    }

    /// Whether a message stands or stood here: what `limit` of `history` counts.
    pub fn is_message_place(&self) -> bool {
        match self {
            Self::Message(_) | Self::Deleted { .. } | Self::Expired { .. } | Self::Damaged => true,
            Self::Join
            | Self::Leave
            | Self::Topic { .. }
            | Self::Description { .. }
            | Self::Renamed { .. }
            | Self::Rsvp { .. } => false,
        }
    }
}

/// Joins and leaves between which a room has no other item, condensed. Pages of history bring them so; everywhere else each is
/// an item of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRun {
    /// The place of the first of them.
    pub from_seq: Seq,
    /// The place of the last.
    pub to_seq: Seq,
    /// When the last was accepted.
    pub at: UnixMillis,
    /// How many joins.
    pub joined: u32,
    /// How many leaves.
    pub left: u32,
    /// Who joined or left last, latest first, each once: at most [`JOIN_RUN_USERS_MAX`]. Of many joins and leaves
    /// ([`JOIN_RUN_NAMED_MAX`]) not everyone may be named.
    pub users: Vec<UserId>,
}

impl JoinRun {
    /// Whether `users` is everyone. Of a longer run it may be, too.
    pub fn names_all(&self) -> bool {
        self.users.len() < JOIN_RUN_USERS_MAX && self.joined + self.left <= JOIN_RUN_NAMED_MAX
    }

    /// Takes the run before it: no item lies between.
    pub fn extend_down(&mut self, older: &Self) {
        self.from_seq = older.from_seq;
        self.joined += older.joined;
        self.left += older.left;
        for user in &older.users {
            if self.users.len() < JOIN_RUN_USERS_MAX && !self.users.contains(user) {
                self.users.push(*user);
            }
        }
    }
}

/// A small change of one item: only what is new. Its number is that of the event that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// The place of the item that changed: its `seq`.
    pub of: Seq,
    /// When the change was accepted, by the server's clock.
    pub at: UnixMillis,
    /// Who made it.
    pub by: UserId,
    /// The new state.
    #[serde(flatten)]
    pub detail: ChangeDetail,
}

/// The kinds of small changes. A kind never says anything that differs from reader to reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeDetail {
    /// A member changed its answer: replaces `answer` and `counts` of the item; `at` becomes its `answered_at`.
    Rsvp {
        /// The new answer; `none` if it was taken back.
        answer: Rsvp,
        /// The room's answers right after it.
        counts: RsvpCounts,
    },
}

impl ItemChange {
    /// Returns the last change of an item in its small form; `None` if the item travels whole.
    pub fn last_of(item: &Item) -> Option<Self> {
        match &item.content {
            Content::Rsvp { answer, counts, answered_at: Some(at) } if item.changed > item.seq => {
                let detail = ChangeDetail::Rsvp { answer: *answer, counts: *counts };
                Some(Self { of: item.seq, at: *at, by: item.by, detail })
            }
            Content::Rsvp { .. }
            | Content::Message(_)
            | Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Damaged => None,
        }
    }

    /// Applies the change numbered `seq` to its item. Does nothing, and returns `false`, if the item has it already, or
    /// is another or of another kind.
    pub fn apply(&self, seq: Seq, item: &mut Item) -> bool {
        if item.seq != self.of || item.changed >= seq {
            return false;
        }
        match (&self.detail, &mut item.content) {
            (ChangeDetail::Rsvp { answer, counts }, Content::Rsvp { .. }) => {
                item.content = Content::Rsvp { answer: *answer, counts: *counts, answered_at: Some(self.at) };
            }
            (
                ChangeDetail::Rsvp { .. },
                Content::Message(_)
                | Content::Deleted { .. }
                | Content::Expired { .. }
                | Content::Join
                | Content::Leave
                | Content::Topic { .. }
                | Content::Description { .. }
                | Content::Renamed { .. }
                | Content::Damaged,
            ) => return false,
        }
        item.changed = seq;
        true
    }
}

/// A message's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text.
    pub body: MessageBody,
    /// Present if the text is code, to be shown as written; the language `text` stands for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeLanguage>,
    /// The key its sender gave it, by which the sender's devices know what they have sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// When it expires; absent for a persistent message. Readers hide it at that instant by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UnixMillis>,
    /// The members of the room that it names with `@name`, in the order of the text, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// The message it replies to, in the same room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

impl Message {
    /// A plain persistent message.
    pub fn plain(body: MessageBody) -> Self {
        Self { body, code: None, key: None, expires_at: None, edited_at: None, mentions: Vec::new(), reply_to: None }
    }
}

/// A text that a message had before an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The text.
    pub body: MessageBody,
    /// When the next text replaced it.
    pub replaced_at: UnixMillis,
}
