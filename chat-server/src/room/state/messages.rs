//! The rules for messages: which posts, edits and deletions a room accepts, and the items they become. Pure; must not know
//! stores or listeners.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{Seq, UserId};
use chat_proto::limits::{TTL_MAX_MS, TTL_MIN_MS};
use chat_proto::message::{Content, Item, Message};
use chat_proto::request::{Life, Post};
use chat_proto::time::UnixMillis;

use super::State;
use crate::access::RoomAction;
use crate::live::{EphemeralEntry, EphemeralKey};
use crate::room::RoomError;
use crate::room::command::{ChangeKind, NewChange, NewPost};

/// A message that may be posted.
#[derive(Debug)]
pub(in crate::room) enum NewMessage {
    Persistent(Item),
    Ephemeral(EphemeralEntry),
}

/// The result of a change that may be made.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::room) enum Accepted {
    /// A persistent message in its new state.
    Persistent(Item),
    /// An ephemeral message in its new state.
    Ephemeral(EphemeralKey, Item),
    /// It has this text already, or was deleted before. Holds the number of its last change.
    Done(Seq),
    /// The room does not have the message.
    Unknown,
}

impl State {
    /// The item a post becomes under the next number, and the store that keeps it. The caller may post here.
    pub(in crate::room) fn accept_post(&mut self, new: NewPost, now: UnixMillis) -> Result<NewMessage, RoomError> {
        let by = new.caller.user();
        let expires_at = self.life(&new.post)?.map(|ms| now.plus_ms(ms));
        let expires_at = match new.post.reply_to {
            None => expires_at,
            Some(seq) => match (self.end_of(seq, now)?, expires_at) {
                // An answer does not outlive what it answers.
                (Some(end), Some(own)) => Some(end.min(own)),
                (end, own) => end.or(own),
            },
        };
        let mentions = self.members_of(new.mentions);
        let seq = self.next_seq();
        let key = EphemeralKey { room: self.id(), sender: by, key: new.post.key.clone() };
        let message = Message {
            code: new.post.code,
            key: Some(new.post.key),
            expires_at,
            mentions,
            reply_to: new.post.reply_to,
            ..Message::plain(new.post.body)
        };
        let item = Item { seq, changed: seq, at: now, by, content: Content::Message(message) };
        if expires_at.is_none() {
            return Ok(NewMessage::Persistent(item));
        }
        Ok(NewMessage::Ephemeral(EphemeralEntry::message(&key, &item)?))
    }

    /// The mentioned accounts that are members: nobody else may learn of it.
    fn members_of(&self, mut mentioned: Vec<UserId>) -> Vec<UserId> {
        mentioned.retain(|user| self.role(*user).is_some());
        mentioned
    }

    /// When the message that is replied to expires; `None` if it is persistent, or only the database has it.
    fn end_of(&self, seq: Seq, now: UnixMillis) -> Result<Option<UnixMillis>, RoomError> {
        match self.find(seq, now).map(|item| item.content) {
            Some(Content::Message(message)) => Ok(message.expires_at),
            Some(_) => Err(RoomError::NotFound),
            None => Ok(None),
        }
    }

    fn life(&self, post: &Post) -> Result<Option<u64>, RoomError> {
        let ms = match post.life {
            None => self.room.default_ttl_ms,
            Some(Life::Persistent) => None,
            Some(Life::TtlMs(ms)) => Some(ms),
        };
        match ms {
            Some(ms) if !(TTL_MIN_MS..=TTL_MAX_MS).contains(&ms) => Err(RoomError::LifeOutOfRange),
            ms => Ok(ms),
        }
    }

    /// The item a change makes of a message, and the store that keeps it. The caller may change its own messages here.
    pub(in crate::room) fn accept_change(&mut self, new: NewChange, now: UnixMillis) -> Result<Accepted, RoomError> {
        let alive = self.commit.index.get(new.seq).filter(|entry| entry.is_alive(now));
        let found = alive.map(EphemeralEntry::item).or_else(|| self.ring.item(new.seq).cloned());
        let Some(found) = found.or_else(|| new.known.clone()) else { return Ok(Accepted::Unknown) };
        let message = match (&found.content, &new.kind) {
            (Content::Message(message), _) => Some(message),
            // The text of a damaged message cannot be read, but its author may erase it.
            (Content::Deleted { .. } | Content::Damaged, ChangeKind::Delete) => None,
            (
                Content::Deleted { .. }
                | Content::Expired { .. }
                | Content::Join
                | Content::Leave
                | Content::Topic { .. }
                | Content::Description { .. }
                | Content::Renamed { .. }
                | Content::Rsvp { .. }
                | Content::Damaged,
                _,
            ) => return Err(RoomError::NotFound),
        };
        let is_ephemeral = alive.is_some() || message.is_some_and(|message| message.expires_at.is_some());
        self.authorize_change(&new, found.by, is_ephemeral)?;
        // A repeated deletion is answered as done: the sender may have missed the first answer.
        if matches!(found.content, Content::Deleted { .. }) {
            return Ok(Accepted::Done(found.changed));
        }
        let key = alive.map(EphemeralEntry::key);
        // An ephemeral message that is not alive any more is gone, also where the ring still knows of it.
        if key.is_none() && message.is_some_and(|message| message.expires_at.is_some()) {
            return Err(RoomError::NotFound);
        }
        let content = match (new.kind, message) {
            (ChangeKind::Delete, _) => Content::Deleted { deleted_at: now, deleted_by: new.caller.user() },
            // Another change under way may be what it undoes.
            (ChangeKind::Edit { body, .. }, Some(message))
                if body == message.body && !self.commit.is_changing(new.seq) =>
            {
                return Ok(Accepted::Done(found.changed));
            }
            (ChangeKind::Edit { body, mentions }, Some(message)) => {
                let mentions = self.members_of(mentions);
                Content::Message(Message { body, edited_at: Some(now), mentions, ..message.clone() })
            }
            (ChangeKind::Edit { .. }, None) => return Err(RoomError::NotFound),
        };
        let changed = self.next_seq();
        let item = Item { changed, content, ..found };
        Ok(match key {
            None => Accepted::Persistent(item),
            Some(key) => Accepted::Ephemeral(key, item),
        })
    }

    /// Asks the access table whether the caller may change a message of this author in this way.
    fn authorize_change(&self, new: &NewChange, author: UserId, is_ephemeral: bool) -> Result<(), RoomError> {
        if author == new.caller.user() {
            return Ok(());
        }
        let action = match new.kind {
            ChangeKind::Edit { .. } => RoomAction::EditOthers,
            ChangeKind::Delete if is_ephemeral => RoomAction::DeleteOthersEphemeral,
            ChangeKind::Delete => RoomAction::DeleteOthers,
        };
        self.authorize(&new.caller, action)
    }
}
