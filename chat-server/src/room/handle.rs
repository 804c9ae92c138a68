//! The rooms as a caller asks them: one method a request, each answered by the room's own actor, which decides whether the
//! caller may. Must not know connections or who may do what.

use std::sync::Arc;

use chat_proto::cursor::{Cursor, Parted};
use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::{Item, JoinRun};
use chat_proto::request::{Edit, Post, Posted};
use chat_proto::room::{Role, Rsvp, RsvpCounts};
use chat_proto::server_frame::Resumed;
use chat_proto::text::{Description, TopicText};
use tokio::sync::oneshot;

use super::RoomError;
use super::command::{
    ChangeKind, ChangeOutcome, ChangedMessage, Command, Joined, NewChange, NewPost, PageSnapshot, PageWanted, Setting,
    Snapshot,
};
use super::page;
use super::registry::Registry;
use crate::access::{Caller, RoomAction};
use crate::live::{EphemeralEntry, LiveError};
use crate::push::Push;
use crate::send_queue::SendQueue;
use crate::store::{ChainPlace, HistoryBounds};

/// All rooms; a clone is the same.
///
/// Every method that takes a [`Caller`] is decided by the room's actor: [`RoomError::NotFound`] if the room does not exist
/// or is hidden from the caller, [`RoomError::Refused`] if the caller may not do this. [`RoomError::Busy`] and failures of
/// the stores can come from any of them.
#[derive(Clone)]
pub struct Rooms(pub(super) Arc<Registry>);

/// A page of a room's history without the names on it.
#[derive(Debug)]
pub struct RoomHistory {
    /// The items but for joins and leaves.
    pub items: Vec<Item>,
    /// The joins and leaves between them.
    pub joins: Vec<JoinRun>,
    /// `before` of the next older page.
    pub next_before: Option<Seq>,
    /// The cursor of a client that has applied everything shown.
    pub head: Cursor,
}

/// A page of a room's changes without the names on it.
#[derive(Debug)]
pub struct RoomChanges {
    /// The items.
    pub items: Vec<Item>,
    /// The cursor once the page is applied.
    pub next: Cursor,
    /// The cursor of a client that has applied everything shown.
    pub head: Cursor,
    /// Set if the cursor asked for belongs to another life of the data.
    pub parted: Option<Parted>,
}

impl Rooms {
    /// The rooms of a registry.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self(registry)
    }

    /// Hands a message to its room, in the order of the calls, and returns the answer to wait for, so that many can be
    /// in flight. `mentions` are the accounts its text names.
    pub async fn begin_post(
        &self,
        caller: &Caller,
        post: Post,
        mentions: Vec<UserId>,
        chain: Option<ChainPlace>,
    ) -> impl Future<Output = Result<Posted, RoomError>> + Send + use<> {
        let new = NewPost { caller: caller.clone(), post, mentions, chain };
        let started = self.0.begin(new.post.room, |reply| Command::Post(Box::new(new.clone()), reply)).await;
        let registry = Arc::clone(&self.0);
        async move {
            if let Some(answer) = started
                && let Ok(result) = answer.await
            {
                return result;
            }
            // The room stopped just then. The key makes asking again safe.
            registry.ask(new.post.room, |reply| Command::Post(Box::new(new.clone()), reply)).await
        }
    }

    /// Replaces the text of a message.
    pub async fn edit(&self, caller: &Caller, edit: Edit, mentions: Vec<UserId>) -> Result<ChangedMessage, RoomError> {
        let Edit { room, seq, body } = edit;
        let kind = ChangeKind::Edit { body, mentions };
        self.change(room, NewChange { caller: caller.clone(), seq, kind, known: None }).await
    }

    /// Deletes a message.
    pub async fn delete(&self, caller: &Caller, room: RoomId, seq: Seq) -> Result<ChangedMessage, RoomError> {
        self.change(room, NewChange { caller: caller.clone(), seq, kind: ChangeKind::Delete, known: None }).await
    }

    async fn change(&self, room: RoomId, mut new: NewChange) -> Result<ChangedMessage, RoomError> {
        let ask = async |new: &NewChange| self.0.ask(room, |reply| Command::Change(Box::new(new.clone()), reply)).await;
        let is_all_known = match ask(&new).await? {
            ChangeOutcome::Changed(changed) => return Ok(changed),
            ChangeOutcome::Unknown { is_all_known } => is_all_known,
        };
        // Not in memory: the database may have it.
        let absent = || if is_all_known { RoomError::NotFound } else { LiveError::Down.into() };
        new.known = Some(self.0.services().store.item(room, new.seq).await?.ok_or_else(absent)?);
        match ask(&new).await? {
            ChangeOutcome::Changed(changed) => Ok(changed),
            ChangeOutcome::Unknown { .. } => Err(RoomError::NotFound),
        }
    }

    /// Sets or clears the topic.
    pub async fn set_topic(&self, caller: &Caller, room: RoomId, topic: Option<TopicText>) -> Result<Seq, RoomError> {
        self.set(caller, room, Setting::Topic(topic)).await
    }

    /// Sets or clears the description.
    pub async fn set_description(
        &self,
        caller: &Caller,
        room: RoomId,
        text: Option<Description>,
    ) -> Result<Seq, RoomError> {
        self.set(caller, room, Setting::Description(text)).await
    }

    /// Says whether the caller takes part. Returns the room's answers after it; saying the same again changes nothing.
    pub async fn set_rsvp(&self, caller: &Caller, room: RoomId, answer: Rsvp) -> Result<RsvpCounts, RoomError> {
        self.0.ask(room, |reply| Command::Rsvp(caller.clone(), answer, reply)).await
    }

    async fn set(&self, caller: &Caller, room: RoomId, setting: Setting) -> Result<Seq, RoomError> {
        self.0.ask(room, |reply| Command::Set(caller.clone(), setting.clone(), reply)).await
    }

    /// Becomes a member; again changes nothing.
    pub async fn join(&self, caller: &Caller, room: RoomId) -> Result<Joined, RoomError> {
        self.0.ask(room, |reply| Command::Join(caller.clone(), reply)).await
    }

    /// Makes an account a member by the server's own decision: of `#general`, or of the room it has just made.
    pub async fn admit(&self, user: UserId, room: RoomId, role: Role) -> Result<Joined, RoomError> {
        self.0.ask(room, |reply| Command::Admit(user, role, reply)).await
    }

    /// Gives up a membership. Returns how many members remain, `None` if there was no membership. Once this returns,
    /// none of the account's devices receives anything of the room any more.
    pub async fn leave(&self, caller: &Caller, room: RoomId) -> Result<Option<u32>, RoomError> {
        self.0.ask(room, |reply| Command::Leave(caller.clone(), reply)).await
    }

    /// Starts pushing the room's events to a connection of the caller. Returns the last number that is not pushed.
    pub async fn subscribe(
        &self,
        caller: &Caller,
        room: RoomId,
        connection: ConnectionId,
        send_queue: &SendQueue,
    ) -> Result<Seq, RoomError> {
        self.0.ask(room, |reply| Command::Subscribe(caller.clone(), (connection, send_queue.clone()), reply)).await
    }

    /// Stops pushing the room's events to a connection. Once this returns, the room pushes none.
    pub async fn unsubscribe(&self, room: RoomId, connection: ConnectionId) {
        // A room that is not running, or stops just then, has no listeners.
        let (reply, done) = oneshot::channel();
        self.0.notify_reliably(room, Command::Unsubscribe(connection, Some(reply))).await;
        drop(done.await);
    }

    /// Stops pushing the room's events to a connection that has ended, without waiting for the room.
    pub async fn forget_connection(&self, room: RoomId, connection: ConnectionId) {
        self.0.notify_reliably(room, Command::Unsubscribe(connection, None)).await;
    }

    /// Shows that the caller is typing over a connection, or has stopped.
    pub async fn set_typing(
        &self,
        caller: &Caller,
        room: RoomId,
        connection: ConnectionId,
        is_typing: bool,
    ) -> Result<(), RoomError> {
        self.0.ask(room, |reply| Command::Type(caller.clone(), (connection, is_typing), reply)).await
    }

    /// Has the room ask whether someone who stopped types again over a connection.
    pub fn typing_due(&self, room: RoomId, connection: ConnectionId) {
        self.0.notify(room, Command::TypingDue(connection));
    }

    /// Drops what a room holds of the persistent messages up to a number: the database has removed them.
    pub async fn forget_pruned(&self, room: RoomId, to: Seq) {
        self.0.notify_reliably(room, Command::ForgetPruned(to)).await;
    }

    /// The room at this moment as the caller sees it, for an action that the room itself has no part in.
    pub async fn snapshot(&self, caller: &Caller, room: RoomId, action: RoomAction) -> Result<Snapshot, RoomError> {
        self.0.ask(room, |reply| Command::Snapshot(caller.clone(), action, reply)).await
    }

    /// Sends a push that may be dropped to the listeners that may do `action` in the room, but for one connection.
    pub fn transient(&self, room: RoomId, action: RoomAction, push: Arc<Push>, but: Option<ConnectionId>) {
        self.0.notify(room, Command::Transient(push, action, but));
    }

    /// An item in its present state; `None` if the room does not have it.
    pub async fn find(
        &self,
        caller: &Caller,
        room: RoomId,
        action: RoomAction,
        seq: Seq,
    ) -> Result<Option<Item>, RoomError> {
        let cached = self.0.ask(room, |reply| Command::Find(caller.clone(), action, seq, reply)).await?;
        if cached.is_some() { Ok(cached) } else { Ok(self.0.services().store.item(room, seq).await?) }
    }

    /// The cursor after the last ephemeral message that a room has shown, as far as it is known without asking the room.
    pub fn noted_head(&self, room: RoomId) -> Option<Cursor> {
        self.0.noted_head(room)
    }

    async fn page_snapshot(
        &self,
        caller: &Caller,
        room: RoomId,
        action: RoomAction,
        wanted: PageWanted,
    ) -> Result<PageSnapshot, RoomError> {
        self.0.ask(room, |reply| Command::PageSnapshot(caller.clone(), action, wanted, reply)).await
    }

    /// The items that changed after a cursor, by rising `changed`; none after a cursor of another life of the data.
    pub async fn changes(
        &self,
        caller: &Caller,
        room: RoomId,
        after: Cursor,
        limit: u32,
    ) -> Result<RoomChanges, RoomError> {
        let snapshot = self.page_snapshot(caller, room, RoomAction::ReadChanges, PageWanted::Changes(after)).await?;
        let PageSnapshot { head, parted, from_ring, ephemeral, end: _ } = snapshot;
        if let Some(Parted { at }) = parted {
            let next = at.map_or(Cursor::START, |at| head.up_to(at));
            return Ok(RoomChanges { items: Vec::new(), next, head, parted });
        }
        let cut = if let Some(items) = from_ring {
            page::changes(items, false, Vec::new(), head.seq, limit as usize)
        } else {
            let stored = self.0.services().store.changes(room, after.seq, limit).await?;
            let is_full = stored.len() >= limit as usize;
            page::changes(stored, is_full, page::oldest_changes(ephemeral, limit), head.seq, limit as usize)
        };
        // The numbers of ephemeral messages that ended with an earlier run lie beyond the head.
        let next = if cut.next > after.seq { head.up_to(cut.next) } else { after };
        Ok(RoomChanges { items: cut.items, next, head, parted })
    }

    /// A page before a number, by rising `seq`.
    pub async fn history(
        &self,
        caller: &Caller,
        room: RoomId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<RoomHistory, RoomError> {
        let wanted = before.map_or(PageWanted::End(limit), |before| PageWanted::Past(before, limit));
        let snapshot = self.page_snapshot(caller, room, RoomAction::ReadHistory, wanted).await?;
        let PageSnapshot { head, end, ephemeral, .. } = snapshot;
        let stored = if let Some(end) = end {
            end
        } else {
            // What is posted while the database is read must not crowd out the page.
            let before = before.unwrap_or(Seq(u64::MAX)).min(head.seq.next());
            let dividers = ephemeral.iter().map(EphemeralEntry::seq).collect();
            let bounds = HistoryBounds { dividers, ..HistoryBounds::page(limit) };
            self.0.services().store.history(room, Some(before), bounds).await?
        };
        let ephemeral = ephemeral.iter().map(EphemeralEntry::item).collect();
        let page::HistoryCut { items, joins, next_before } = page::history(stored, ephemeral, head.seq, limit);
        Ok(RoomHistory { items, joins, next_before, head })
    }

    /// The items that changed after a cursor, if memory alone holds them all and they fit the rest of the budget.
    pub async fn resume(
        &self,
        caller: &Caller,
        room: RoomId,
        after: Cursor,
        budget_bytes: &mut usize,
    ) -> Result<Resumed, RoomError> {
        let snapshot = self.page_snapshot(caller, room, RoomAction::ReadChanges, PageWanted::Changes(after)).await?;
        let PageSnapshot { head, parted, from_ring, ephemeral: _, end: _ } = snapshot;
        let items = from_ring.filter(|items| {
            let bytes: usize = items.iter().map(chat_proto::codec::wire_size).sum();
            let fits = bytes <= *budget_bytes;
            *budget_bytes -= if fits { bytes } else { 0 };
            fits
        });
        Ok(Resumed { room, is_complete: items.is_some(), items: items.unwrap_or_default(), head, parted })
    }

    /// How many rooms are running.
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
