//! The task of a room: takes commands, hands changes to the commit, and waits for the stores. Must not know why a change
//! is shown or refused; the commit decides that.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::Posted;
use chat_proto::room::Role;
use chat_proto::server_frame::Typing;
use chat_proto::time::UnixMillis;
use tokio::sync::mpsc;

use super::RoomError;
use super::command::{
    ChangeKind, ChangeOutcome, ChangedMessage, Command, Joined, NewChange, NewPost, PageSnapshot, PageWanted,
    Responder, Setting,
};
use super::commit::{Change, Commit, Event};
use super::directory::Directory;
use super::fanout::Fanout;
use super::in_flight::{Changing, InFlightQueue, Requester, Write, answer};
use super::live_sync::LiveSync;
use super::services::{Counters, Services};
use super::state::{Accepted, NewMessage, State, mentions_of};
use crate::access::Caller;
use crate::live::EphemeralEntry;
use crate::push::Push;
use crate::store::{self, Append, MemberState, Revision};

/// Changes that may be in flight in one room.
const IN_FLIGHT_MAX: usize = 4096;
/// Commands taken before the answers of the stores are looked at again.
const TURN: usize = 128;
/// A room without commands and listeners stops after this time.
const IDLE: Duration = Duration::from_mins(1);

/// How long a room that starts waits for the live store.
const LOAD_LIMIT: Duration = Duration::from_millis(250);

/// A running room.
pub(super) struct Actor {
    state: State,
    in_flight: InFlightQueue,
    fanout: Fanout,
    services: Services,
    directory: Arc<Directory>,
    live_sync: LiveSync,
}

/// Runs a room until it is idle or closed.
pub(super) async fn run(
    id: RoomId,
    mut mailbox: mpsc::Receiver<Command>,
    services: Services,
    directory: Arc<Directory>,
) {
    let loaded = async {
        let mut stored = services.store.room_state(id, services.ring_bounds.recent()).await?;
        let mut live_sync = LiveSync::new(&services);
        let losses = *services.live.losses().borrow();
        // A live store that is unreachable or slow delays nothing: its entries are loaded later.
        let loading = services.live.load(id, (services.clock)());
        let entries = tokio::time::timeout(LOAD_LIMIT, loading).await.ok().and_then(Result::ok);
        if entries.is_none() {
            live_sync.load_deferred(&services, id);
        }
        let (head, refused) = (stored.room.head.seq, std::mem::take(&mut stored.refused));
        let (commit, effects) = Commit::start(head, stored.reserved_up_to, refused, entries);
        let state = State::new(Arc::clone(&services.ring_bounds), stored, commit);
        if state.shown() > head {
            directory.note_head(id, state.head());
        }
        if state.commit.is_loaded() {
            directory.living.load(id, state.commit.index.entries().map(EphemeralEntry::item), losses);
        }
        Ok::<_, RoomError>((state, live_sync, effects))
    };
    match loaded.await {
        Ok((state, live_sync, effects)) => {
            let (in_flight, fanout) = (InFlightQueue::default(), Fanout::new(id));
            let mut actor = Actor { state, in_flight, fanout, services, directory, live_sync };
            actor.carry_out(effects);
            let now = actor.now();
            actor.services.observer.room_started(id, &actor.state.recent_items(now));
            actor.serve(&mut mailbox).await;
            actor.services.observer.room_stopped(id);
        }
        Err(error) => {
            // Commands that are waiting get the same error. The next command starts the room again.
            directory.stop_now(id, &mut mailbox, |command| command.refuse(&error));
            while let Some(command) = mailbox.recv().await {
                command.refuse(&error);
            }
        }
    }
}

mod access_loss;
mod answers;
mod effects;
mod rsvp;
#[cfg(test)]
mod tests;

impl Actor {
    fn now(&self) -> UnixMillis {
        (self.services.clock)()
    }

    async fn serve(&mut self, mailbox: &mut mpsc::Receiver<Command>) {
        let mut next_expiry = self.state.expire(self.now());
        loop {
            if self.state.is_closing() && self.in_flight.is_empty() {
                return self.close(mailbox);
            }
            let expiry_in = next_expiry.map(|at| Duration::from_millis(at.since_ms(self.now()).max(1)));
            tokio::select! {
                biased;
                event = self.in_flight.next_event(), if !self.in_flight.is_empty() => {
                    self.on(event);
                    next_expiry = self.state.expire(self.now());
                }
                event = self.live_sync.next() => self.on_live_event(event),
                // While closing, read nothing: once closed, callers retry the waiting commands with the room's next actor.
                command = mailbox.recv(), if !self.state.is_closing() => {
                    let Some(command) = command else { return };
                    self.take(command);
                    for _ in 1..TURN {
                        if self.state.is_closing() {
                            break;
                        }
                        let Ok(command) = mailbox.try_recv() else { break };
                        self.take(command);
                    }
                }
                () = sleep(expiry_in), if expiry_in.is_some() => next_expiry = self.state.expire(self.now()),
                () = tokio::time::sleep(IDLE), if self.in_flight.is_empty() => {
                    self.fanout.prune();
                    if self.fanout.is_empty() && self.live_sync.is_synced() && self.directory.stop_if_idle(self.state.id(), mailbox) {
                        return;
                    }
                }
            }
        }
    }

    /// Ends a room that its last member has left; the database closed it with the leave.
    fn close(&self, mailbox: &mut mpsc::Receiver<Command>) {
        drop(self.services.live.clear_room(self.state.id()));
        self.directory.living.close(self.state.id());
        self.directory.stop_now(self.state.id(), mailbox, drop);
    }

    fn take(&mut self, command: Command) {
        if let Command::Unsubscribe(connection, reply) = command {
            return self.unsubscribe(connection, reply);
        }
        // A command that waited longer than a message lived must not see it.
        self.state.expire(self.now());
        // Before anything else: a busy room that is hidden must not answer differently from one that does not exist.
        if let Some((caller, action)) = command.access()
            && let Err(error) = self.state.authorize(caller, action)
        {
            return self.refuse_command(command, &error);
        }
        if self.in_flight.len() >= IN_FLIGHT_MAX && command.is_refused_when_busy() {
            return self.refuse_command(command, &RoomError::Busy);
        }
        match command {
            Command::Post(new, reply) => self.post(*new, reply),
            Command::Change(new, reply) => self.change(*new, reply),
            Command::Set(caller, setting, reply) => self.set(caller.user(), setting, reply),
            Command::Rsvp(caller, given, reply) => self.rsvp(caller.user(), given, reply),
            Command::Join(caller, reply) => self.join(caller.user(), Role::Member, reply),
            Command::Admit(user, role, reply) => self.join(user, role, reply),
            Command::Leave(caller, reply) => self.leave(caller.user(), reply),
            Command::Subscribe(caller, (connection, send_queue), reply) => {
                send_queue.close_gap(self.state.id());
                self.fanout.add(connection, caller, send_queue);
                answer(reply, Ok(self.state.shown()));
            }
            Command::Type(caller, (connection, is_typing), reply) => {
                self.show_typing((caller.user(), connection), is_typing);
                answer(reply, Ok(()));
            }
            Command::PageSnapshot(_, _, wanted, reply) => self.page_snapshot(wanted, reply),
            Command::Snapshot(caller, _, reply) => answer(reply, Ok(self.state.snapshot(caller.user()))),
            Command::Unsubscribe(connection, reply) => self.unsubscribe(connection, reply),
            Command::Transient(push, action, but) => {
                let may = |caller: &Caller| self.state.decide(caller, action).is_allowed();
                self.fanout.transient(&push, |to, caller| Some(to) != but && may(caller));
            }
            Command::TypingDue(connection) => {
                self.push_typing(self.services.observer.typing_due(self.state.id(), connection));
            }
            Command::ForgetPruned(to) => self.state.forget_pruned(to),
            Command::Find(_, _, seq, reply) => answer(reply, Ok(self.state.find(seq, self.now()))),
            Command::Drain(reply) => self.accept_unchanged(Requester::Drain(reply)),
        }
    }

    fn post(&mut self, new: NewPost, reply: Responder<Posted>) {
        let now = self.now();
        let chain = new.chain;
        let is_broken = |place| self.state.commit.is_chain_broken(place) || self.directory.is_chain_broken(place);
        if chain.is_some_and(is_broken) {
            return answer(reply, Err(RoomError::ChainBroken));
        }
        match self.state.accept_post(new, now) {
            Err(error) => {
                self.state.commit.break_chain(chain);
                answer(reply, Err(error));
            }
            Ok(NewMessage::Persistent(item)) => {
                let append = Append { chain, ..self.append(&item) };
                let write = Write::Append(self.services.store.append(append));
                self.accept(Requester::Post(reply), Some(write), Change::Persistent(Some(item), chain));
            }
            Ok(NewMessage::Ephemeral(entry)) => {
                if self.live_sync.take_loss() {
                    self.on(Event::DataLost);
                }
                self.accept(Requester::Post(reply), None, Change::Post(entry, chain));
            }
        }
    }

    fn append(&self, item: &Item) -> Append {
        Append {
            room: self.state.id(),
            seq: item.seq,
            at: item.at,
            by: item.by,
            content: item.content.clone(),
            chain: None,
        }
    }

    fn change(&mut self, new: NewChange, reply: Responder<ChangeOutcome>) {
        let now = self.now();
        let (revision, deletes) = match new.kind {
            ChangeKind::Edit { .. } => (Revision::Edit, None),
            ChangeKind::Delete => (Revision::Delete, Some(new.seq)),
        };
        let known = self.state.find(new.seq, now).or_else(|| new.known.clone());
        let before = known.as_ref().map_or_else(Vec::new, mentions_of);
        match self.state.accept_change(new, now) {
            Err(error) => answer(reply, Err(error)),
            Ok(Accepted::Unknown) => {
                let is_all_known = self.state.commit.is_loaded();
                answer(reply, Ok(ChangeOutcome::Unknown { is_all_known }));
            }
            Ok(Accepted::Done(changed)) => {
                let mentioned_now = before.clone();
                answer(
                    reply,
                    Ok(ChangeOutcome::Changed(ChangedMessage { changed, mentioned_before: before, mentioned_now })),
                );
            }
            Ok(Accepted::Persistent(item)) => {
                let change = store::Change { room: self.state.id(), revision, item: item.clone(), at: now };
                let write = Write::Change(self.services.store.change(change));
                let requester = Requester::Change(Changing { deletes, mentioned: before }, reply);
                self.accept(requester, Some(write), Change::Persistent(Some(item), None));
            }
            Ok(Accepted::Ephemeral(key, item)) => {
                let requester = Requester::Change(Changing { deletes, mentioned: before }, reply);
                self.accept(requester, None, Change::Revision(key, item));
            }
        }
    }

    fn set(&mut self, by: UserId, setting: Setting, reply: Responder<Seq>) {
        let now = self.now();
        match self.state.accept_setting(by, setting, now) {
            // Answered in its turn: an earlier change of the same setting may be under way.
            None => self.accept_unchanged(Requester::Set(reply)),
            Some(item) => {
                let pending = self.services.store.append(self.append(&item));
                self.accept(Requester::Set(reply), Some(Write::Append(pending)), Change::Persistent(Some(item), None));
            }
        }
    }

    fn join(&mut self, user: UserId, role: Role, reply: Responder<Joined>) {
        let now = self.now();
        match self.state.accept_join(user, role, now) {
            // Answered in its turn: an earlier join of the same account may be under way.
            None => self.accept_unchanged(Requester::Join((user, false), reply)),
            Some(item) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Joins(role));
                self.accept(
                    Requester::Join((user, true), reply),
                    Some(Write::Append(pending)),
                    Change::Persistent(Some(item), None),
                );
            }
        }
    }

    fn leave(&mut self, user: UserId, reply: Responder<Option<u32>>) {
        let now = self.now();
        match self.state.accept_leave(user, now) {
            None => self.accept_unchanged(Requester::Leave(user, None, reply)),
            Some((item, role)) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Leaves);
                self.accept(
                    Requester::Leave(user, Some(role), reply),
                    Some(Write::Append(pending)),
                    Change::Persistent(Some(item), None),
                );
            }
        }
    }

    fn unsubscribe(&mut self, connection: ConnectionId, reply: Option<Responder<()>>) {
        self.fanout.remove(connection);
        if let Some(reply) = reply {
            answer(reply, Ok(()));
        }
    }

    fn show_typing(&self, (user, connection): (UserId, ConnectionId), is_typing: bool) {
        let room = self.state.id();
        self.push_typing(self.services.observer.typing_changed(room, (user, connection), is_typing));
    }

    fn push_typing(&self, typing: Option<Typing>) {
        if let Some(typing) = typing {
            self.fanout.transient(&Push::new(typing), |to, _| to != typing.connection);
        }
    }

    fn page_snapshot(&self, wanted: PageWanted, reply: Responder<PageSnapshot>) {
        let (mut snapshot, now) = (PageSnapshot::at(self.state.head()), self.now());
        match wanted {
            PageWanted::Changes(after) => {
                if let Err(parted) = self.state.check(&after) {
                    return answer(reply, Ok(PageSnapshot { parted: Some(parted), ..snapshot }));
                }
                snapshot.from_ring = self.state.ring.after(after.seq);
                self.count_read(snapshot.from_ring.is_some());
                if snapshot.from_ring.is_none() {
                    snapshot.ephemeral = self.state.ephemeral_changes(after.seq, now);
                }
            }
            PageWanted::End(messages) => {
                snapshot.end = self.state.end(messages, now);
                self.count_read(snapshot.end.is_some());
                snapshot.ephemeral = self.state.ephemeral_page(None, messages, now);
            }
            PageWanted::Past(before, messages) => {
                snapshot.ephemeral = self.state.ephemeral_page(Some(before), messages, now);
            }
        }
        answer(reply, Ok(snapshot));
    }

    /// Counts a read of the room's end.
    fn count_read(&self, is_hit: bool) {
        let Counters { ring_hits, ring_misses, .. } = &*self.services.counters;
        let counter = if is_hit { ring_hits } else { ring_misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
