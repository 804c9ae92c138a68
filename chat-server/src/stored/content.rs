//! An item's content as it is stored, and its conversion from and to the wire's. Pure; must not know rows or keys.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Message};
use chat_proto::room::{Rsvp, RsvpCounts};
use chat_proto::text::TextError;
use chat_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::StoredError;

/// The content of an item. Moments are milliseconds since 1970, accounts are written `U7`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum StoredContent {
    Message(StoredMessage),
    Deleted {
        deleted_at: i64,
        deleted_by: StoredUser,
    },
    Expired {
        expired_at: i64,
    },
    Join,
    Leave,
    Topic {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
    },
    Description {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    Renamed {
        name: String,
    },
    Rsvp {
        answer: StoredRsvp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counts: Option<StoredCounts>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_at: Option<i64>,
    },
    /// Stands for a row that could not be read. Rows themselves never say so.
    Damaged,
}

/// A message.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredMessage {
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<StoredUser>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
}

/// The fields that few messages have, where the others have columns of their own.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MessageExtra {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<StoredUser>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
}

/// Whether someone takes part.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredRsvp {
    None,
    Interested,
    Attending,
}

/// How many answered what; absent if nobody takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredCounts {
    attending: u32,
    interested: u32,
}

/// An account, written `U7`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct StoredUser(pub(super) UserId);

impl From<StoredUser> for String {
    fn from(user: StoredUser) -> Self {
        format!("U{}", user.0.0)
    }
}

impl TryFrom<String> for StoredUser {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        let number = text.strip_prefix('U').and_then(|digits| digits.parse().ok());
        number.map(|number| Self(UserId(number))).ok_or(TextError::NotAnId)
    }
}

impl From<Rsvp> for StoredRsvp {
    fn from(answer: Rsvp) -> Self {
        match answer {
            Rsvp::None => Self::None,
            Rsvp::Interested => Self::Interested,
            Rsvp::Attending => Self::Attending,
        }
    }
}

impl From<StoredRsvp> for Rsvp {
    fn from(answer: StoredRsvp) -> Self {
        match answer {
            StoredRsvp::None => Self::None,
            StoredRsvp::Interested => Self::Interested,
            StoredRsvp::Attending => Self::Attending,
        }
    }
}

impl From<&Content> for StoredContent {
    fn from(content: &Content) -> Self {
        let text = |text: &str| text.to_owned();
        match content {
            Content::Message(message) => Self::Message(message.into()),
            Content::Deleted { deleted_at, deleted_by } => {
                Self::Deleted { deleted_at: deleted_at.0, deleted_by: StoredUser(*deleted_by) }
            }
            Content::Expired { expired_at } => Self::Expired { expired_at: expired_at.0 },
            Content::Join => Self::Join,
            Content::Leave => Self::Leave,
            Content::Topic { topic } => Self::Topic { topic: topic.as_ref().map(|topic| text(topic.as_str())) },
            Content::Description { description } => {
                Self::Description { description: description.as_ref().map(|words| text(words.as_str())) }
            }
            Content::Renamed { name } => Self::Renamed { name: text(name.as_str()) },
            Content::Rsvp { answer, counts, answered_at } => {
                let RsvpCounts { attending, interested } = *counts;
                let counts =
                    Some(StoredCounts { attending, interested }).filter(|counts| *counts != StoredCounts::default());
                Self::Rsvp { answer: (*answer).into(), counts, answered_at: answered_at.map(|at| at.0) }
            }
            Content::Damaged => Self::Damaged,
        }
    }
}

impl TryFrom<StoredContent> for Content {
    type Error = StoredError;

    fn try_from(stored: StoredContent) -> Result<Self, StoredError> {
        Ok(match stored {
            StoredContent::Message(message) => Self::Message(message.try_into()?),
            StoredContent::Deleted { deleted_at, deleted_by } => {
                Self::Deleted { deleted_at: UnixMillis(deleted_at), deleted_by: deleted_by.0 }
            }
            StoredContent::Expired { expired_at } => Self::Expired { expired_at: UnixMillis(expired_at) },
            StoredContent::Join => Self::Join,
            StoredContent::Leave => Self::Leave,
            StoredContent::Topic { topic } => Self::Topic { topic: parsed(topic)? },
            StoredContent::Description { description } => Self::Description { description: parsed(description)? },
            StoredContent::Renamed { name } => Self::Renamed { name: name.parse()? },
            StoredContent::Rsvp { answer, counts, answered_at } => {
                let counts = counts.unwrap_or_default();
                let counts = RsvpCounts { attending: counts.attending, interested: counts.interested };
                Self::Rsvp { answer: answer.into(), counts, answered_at: answered_at.map(UnixMillis) }
            }
            StoredContent::Damaged => Self::Damaged,
        })
    }
}

impl From<&Message> for StoredMessage {
    fn from(message: &Message) -> Self {
        let MessageExtra { code, edited_at, mentions, reply_to } = message.into();
        Self {
            body: message.body.as_str().to_owned(),
            key: message.key.as_ref().map(|key| key.as_str().to_owned()),
            expires_at: message.expires_at.map(|end| end.0),
            code,
            edited_at,
            mentions,
            reply_to,
        }
    }
}

impl TryFrom<StoredMessage> for Message {
    type Error = StoredError;

    fn try_from(stored: StoredMessage) -> Result<Self, StoredError> {
        let StoredMessage { body, key, expires_at, code, edited_at, mentions, reply_to } = stored;
        let plain = Self { key: parsed(key)?, expires_at: expires_at.map(UnixMillis), ..Self::plain(body.parse()?) };
        MessageExtra { code, edited_at, mentions, reply_to }.add_to(plain)
    }
}

impl From<&Message> for MessageExtra {
    fn from(message: &Message) -> Self {
        // Named one by one: a new field of the wire does not compile until its place here is decided.
        let Message { body: _, key: _, expires_at: _, code, edited_at, mentions, reply_to } = message;
        Self {
            code: code.as_ref().map(|language| language.as_str().to_owned()),
            edited_at: edited_at.map(|at| at.0),
            mentions: mentions.iter().copied().map(StoredUser).collect(),
            reply_to: reply_to.map(|seq| seq.0),
        }
    }
}

impl MessageExtra {
    /// The message with these parts.
    pub(super) fn add_to(self, message: Message) -> Result<Message, StoredError> {
        Ok(Message {
            code: parsed(self.code)?,
            edited_at: self.edited_at.map(UnixMillis),
            mentions: self.mentions.into_iter().map(|user| user.0).collect(),
            reply_to: self.reply_to.map(Seq),
            ..message
        })
    }
}

fn parsed<T: std::str::FromStr<Err = TextError>>(text: Option<String>) -> Result<Option<T>, TextError> {
    text.map(|text| text.parse()).transpose()
}
