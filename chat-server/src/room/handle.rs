//! What a session asks of rooms: one method a request.

use std::sync::Arc;

use bytes::Bytes;
use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{Edit, Post, Posted};
use chat_proto::room::{Role, Rsvp};
use chat_proto::server_frame::Resumed;
use chat_proto::text::{Description, TopicText};

use super::RoomError;
use super::command::{ChangeOutcome, Command, NewChange, NewPost, PageSnapshot, Setting, Snapshot};
use super::page;
use super::registry::Registry;
use crate::live::LiveError;
use crate::send_queue::SendQueue;
use crate::store::ChainLink;

/// All rooms; a clone is the same.
#[derive(Clone)]
pub struct Rooms(Arc<Registry>);

/// A page of a room without the names on it.
#[derive(Debug)]
pub struct Page {
    /// The items.
    pub items: Vec<Item>,
    /// For changes: the cursor once the page is applied. For history: `before` of the next older page.
    pub next: Option<Seq>,
    /// The last number shown.
    pub head: Seq,
}

impl Rooms {
    /// The rooms of a registry.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self(registry)
    }

    /// Hands a message to its room, in the order of the calls, and returns its answer to come, so that many may be
    /// under way. `mentions` are the accounts its text names.
    pub async fn begin_post(
        &self,
        by: UserId,
        post: Post,
        mentions: Vec<UserId>,
        chain: Option<ChainLink>,
    ) -> impl Future<Output = Result<Posted, RoomError>> + Send + use<> {
        let new = NewPost { by, post, mentions, chain };
        let started = self.0.begin(new.post.room, |reply| Command::Post(Box::new(new.clone()), reply)).await;
        let registry = Arc::clone(&self.0);
        async move {
            if let Some(answer) = started
                && let Ok(result) = answer.await
            {
                return result;
            }
            // The room left just then: the key sees to it that asking again adds nothing twice.
            registry.ask(new.post.room, |reply| Command::Post(Box::new(new.clone()), reply)).await
        }
    }

    /// Replaces the text of one's own message.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn edit(&self, by: UserId, edit: Edit, mentions: Vec<UserId>) -> Result<Seq, RoomError> {
        let (room, seq) = (edit.room, edit.seq);
        self.change(room, NewChange { by, seq, edit: Some((edit, mentions)), known: None }).await
    }

    /// Deletes one's own message.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn delete(&self, by: UserId, room: RoomId, seq: Seq) -> Result<Seq, RoomError> {
        self.change(room, NewChange { by, seq, edit: None, known: None }).await
    }

    async fn change(&self, room: RoomId, mut new: NewChange) -> Result<Seq, RoomError> {
        let ask = async |new: &NewChange| self.0.ask(room, |reply| Command::Change(Box::new(new.clone()), reply)).await;
        let is_all_known = match ask(&new).await? {
            ChangeOutcome::Changed(seq) => return Ok(seq),
            ChangeOutcome::Unknown { is_all_known } => is_all_known,
        };
        // Not at hand: the database may have it.
        let absent = || if is_all_known { RoomError::NotFound } else { LiveError::Down.into() };
        new.known = Some(self.0.services().store.item(room, new.seq).await?.ok_or_else(absent)?);
        match ask(&new).await? {
            ChangeOutcome::Changed(seq) => Ok(seq),
            ChangeOutcome::Unknown { .. } => Err(RoomError::NotFound),
        }
    }

    /// Sets or clears the topic.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn set_topic(&self, by: UserId, room: RoomId, topic: Option<TopicText>) -> Result<Seq, RoomError> {
        self.set(by, room, Setting::Topic(topic)).await
    }

    /// Sets or clears the description.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn set_description(&self, by: UserId, room: RoomId, text: Option<Description>) -> Result<Seq, RoomError> {
        self.set(by, room, Setting::Description(text)).await
    }

    /// Says whether one takes part.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn set_rsvp(&self, by: UserId, room: RoomId, answer: Rsvp) -> Result<Seq, RoomError> {
        self.set(by, room, Setting::Rsvp(answer)).await
    }

    async fn set(&self, by: UserId, room: RoomId, setting: Setting) -> Result<Seq, RoomError> {
        self.0.ask(room, |reply| Command::Set(by, setting.clone(), reply)).await
    }

    /// Becomes a member; again is no error.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn join(&self, user: UserId, room: RoomId, role: Role) -> Result<Snapshot, RoomError> {
        self.0.ask(room, |reply| Command::Join(user, role, reply)).await
    }

    /// Is no longer a member; again is no error.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn leave(&self, user: UserId, room: RoomId) -> Result<(), RoomError> {
        self.0.ask(room, |reply| Command::Leave(user, reply)).await
    }

    /// Starts listening; the last number that is not pushed.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn subscribe(
        &self,
        user: UserId,
        room: RoomId,
        connection: ConnectionId,
        send_queue: &SendQueue,
    ) -> Result<Seq, RoomError> {
        self.0.ask(room, |reply| Command::Subscribe(user, (connection, send_queue.clone()), reply)).await
    }

    /// Stops listening.
    pub async fn unsubscribe(&self, room: RoomId, connection: ConnectionId) {
        self.0.notify_reliably(room, Command::Unsubscribe(connection)).await;
    }

    /// The room at this moment, as `user` sees it.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn snapshot(&self, user: UserId, room: RoomId) -> Result<Snapshot, RoomError> {
        self.0.ask(room, |reply| Command::Snapshot(user, reply)).await
    }

    /// Sends what may be lost to all who listen but one.
    pub fn transient(&self, room: RoomId, frame: Bytes, but: Option<ConnectionId>) {
        self.0.notify(room, Command::Transient(frame, but));
    }

    /// Sends what may be lost to the members who listen.
    pub fn to_members(&self, room: RoomId, frame: Bytes) {
        self.0.notify(room, Command::ToMembers(frame));
    }

    /// A thing as it is now; none where the room does not have it.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn find(&self, room: RoomId, seq: Seq) -> Result<Option<Item>, RoomError> {
        let cached = self.0.ask(room, |reply| Command::Find(seq, reply)).await?;
        if cached.is_some() { Ok(cached) } else { Ok(self.0.services().store.item(room, seq).await?) }
    }

    /// The last number of a room whose newest expires, as far as it is known without asking the room.
    pub fn noted_head(&self, room: RoomId) -> Option<Seq> {
        self.0.noted_head(room)
    }

    async fn page_snapshot(&self, room: RoomId, after: Option<Seq>) -> Result<PageSnapshot, RoomError> {
        self.0.ask(room, |reply| Command::PageSnapshot(after, reply)).await
    }

    /// What changed after a number, by rising `changed`.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn changes(&self, room: RoomId, after: Seq, limit: u32) -> Result<Page, RoomError> {
        let PageSnapshot { head, from_ring, mut ephemeral } = self.page_snapshot(room, Some(after)).await?;
        ephemeral.retain(|item| item.changed > after);
        let cut = if let Some(items) = from_ring {
            page::changes(items, false, Vec::new(), head, limit as usize)
        } else {
            let stored = self.0.services().store.changes(room, after, limit).await?;
            let is_full = stored.len() >= limit as usize;
            page::changes(stored, is_full, ephemeral, head, limit as usize)
        };
        Ok(Page { items: cut.items, next: Some(cut.next.max(after)), head })
    }

    /// A page before a number, by rising `seq`.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn history(&self, room: RoomId, before: Option<Seq>, limit: u32) -> Result<Page, RoomError> {
        let PageSnapshot { head, mut ephemeral, .. } = self.page_snapshot(room, None).await?;
        ephemeral.retain(|item| before.is_none_or(|before| item.seq < before));
        let stored = self.0.services().store.history(room, before, limit).await?;
        let is_full = stored.len() >= limit as usize;
        let (items, next) = page::history(stored, is_full, ephemeral, head, limit as usize);
        Ok(Page { items, next, head })
    }

    /// What was missed since a cursor, from memory alone.
    ///
    /// # Errors
    /// As [`RoomError`] says.
    pub async fn resume(&self, room: RoomId, after: Seq, budget_bytes: &mut usize) -> Result<Resumed, RoomError> {
        let PageSnapshot { head, from_ring, .. } = self.page_snapshot(room, Some(after)).await?;
        let items = from_ring.filter(|items| {
            let bytes: usize = items.iter().map(chat_proto::codec::encoded_len).sum();
            let fits = bytes <= *budget_bytes;
            *budget_bytes -= if fits { bytes } else { 0 };
            fits
        });
        Ok(Resumed { room, is_complete: items.is_some(), items: items.unwrap_or_default(), head })
    }

    /// How many run just now.
    pub fn running(&self) -> usize {
        self.0.running().len()
    }

    /// Waits until everything that any room accepted so far has completed.
    pub async fn drain(&self) {
        for room in self.0.running() {
            // A room that has left meanwhile has already drained.
            drop(self.0.ask(room, Command::Drain).await);
        }
    }
}
