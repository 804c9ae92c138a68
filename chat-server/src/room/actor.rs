//! The room's task: takes what is asked, lets the stores work, and answers and tells in the order of acceptance. It
//! waits for nothing but its mailbox, the front of its FIFO, the next expiry and news of the live store.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_proto::ids::{ConnectionId, RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::Posted;
use chat_proto::room::Role;
use chat_proto::server_frame::{Event, Update};
use chat_proto::time::UnixMillis;
use tokio::sync::mpsc;

use super::RoomError;
use super::command::{ChangeOutcome, Command, Joined, NewChange, NewPost, PageSnapshot, Responder, Setting};
use super::compensation::Compensation;
use super::fanout::Fanout;
use super::in_flight::{InFlight, Requester, Wait, WriteResult, answer, apply_chain, front_result};
use super::live_sync::LiveSync;
use super::registry::{Counters, Registry, Services};
use super::ring::RING;
use super::state::{Accepted, Destination, State};
use crate::live::{EphemeralKey, LiveError};
use crate::push::Push;
use crate::store::{Append, BrokenChains, Change, MemberState, Revision, StoreReply};

/// Entries that may be under way in one room.
const IN_FLIGHT_MAX: usize = 4096;
/// Commands taken in one turn before the front is looked at again.
const TURN: usize = 128;
/// A room that was asked nothing for this long, and that nobody listens to, leaves.
const IDLE: Duration = Duration::from_mins(1);

/// Broken chains it remembers: more than can have posts behind the refused one under way.
const BROKEN_CHAINS: usize = 1024;

/// A room that starts waits for the live store at most this long.
const LOAD_LIMIT: Duration = Duration::from_millis(250);

/// A running room.
pub(super) struct Actor {
    state: State,
    in_flight: VecDeque<InFlight>,
    fanout: Fanout,
    services: Services,
    live_sync: LiveSync,
    compensation: Compensation,
    broken_chains: BrokenChains,
    /// Numbers up to here may not have been kept free.
    unreserved_up_to: Seq,
    is_closed: bool,
}

/// Runs a room until it is idle.
pub(super) async fn run(id: RoomId, mut mailbox: mpsc::Receiver<Command>, registry: Arc<Registry>) {
    let services = registry.services().clone();
    let loaded = async {
        let mut stored = services.store.room_state(id, RING as u32).await?;
        let compensation = Compensation::new(std::mem::take(&mut stored.refused));
        let mut live_sync = LiveSync::new(&services);
        // A live store that is away, or slow, holds nothing up: what it has comes in later.
        let loading = services.live.load(id, (services.clock)());
        let entries = tokio::time::timeout(LOAD_LIMIT, loading).await.ok().and_then(Result::ok);
        if entries.is_none() {
            live_sync.load_deferred(&services, id);
        }
        let (head, reserved_up_to) = (stored.room.head, stored.reserved_up_to);
        // A number that was not kept free was never acknowledged.
        let entries = compensation.compensate(&services, entries.unwrap_or_default(), |seq| seq > reserved_up_to);
        let state = State::new(stored, entries);
        if state.shown() > head {
            registry.note_head(id, state.shown());
        }
        Ok::<_, RoomError>((state, live_sync, compensation))
    };
    match loaded.await {
        Ok((state, live_sync, compensation)) => {
            let fanout = Fanout::new(id);
            let in_flight = VecDeque::new();
            let broken_chains = BrokenChains::new(BROKEN_CHAINS);
            let (unreserved_up_to, is_closed) = (Seq::ZERO, false);
            let mut actor = Actor {
                state,
                in_flight,
                fanout,
                services,
                live_sync,
                compensation,
                broken_chains,
                unreserved_up_to,
                is_closed,
            };
            let now = actor.now();
            actor.services.observer.room_started(id, &actor.state.recent_items(now));
            actor.serve(&mut mailbox, &registry).await;
            actor.services.observer.room_stopped(id);
        }
        Err(error) => {
            // Whoever asks meanwhile is told the same; the next one tries anew.
            registry.stop_now(id, &mut mailbox);
            while let Some(command) = mailbox.recv().await {
                command.refuse(&error);
            }
        }
    }
}

mod access_loss;
mod answers;
mod recovery;
mod rsvp;

impl Actor {
    fn now(&self) -> UnixMillis {
        (self.services.clock)()
    }

    async fn serve(&mut self, mailbox: &mut mpsc::Receiver<Command>, registry: &Registry) {
        let mut next_expiry = self.state.expire(self.now());
        loop {
            let expiry_in = next_expiry.map(|at| Duration::from_millis(at.since_ms(self.now()).max(1)));
            tokio::select! {
                biased;
                result = front_result(&mut self.in_flight), if !self.in_flight.is_empty() => {
                    self.complete(result, registry);
                    next_expiry = self.state.expire(self.now());
                }
                event = self.live_sync.next() => self.recover(event),
                // Whoever asks a room that closes asks the next one of its name: theirs wait in the mailbox until it leaves.
                command = mailbox.recv(), if !self.is_closed => {
                    let Some(command) = command else { return };
                    self.take(command);
                    for _ in 1..TURN {
                        if self.is_closed {
                            break;
                        }
                        let Ok(command) = mailbox.try_recv() else { break };
                        self.take(command);
                    }
                }
                () = sleep(expiry_in), if expiry_in.is_some() => next_expiry = self.state.expire(self.now()),
                () = tokio::time::sleep(IDLE), if self.in_flight.is_empty() => {
                    self.fanout.prune();
                    if self.fanout.is_empty() && self.live_sync.is_synced() && registry.stop_if_idle(self.state.id(), mailbox) {
                        return;
                    }
                }
            }
            if self.is_closed && self.in_flight.is_empty() {
                registry.stop_now(self.state.id(), mailbox);
                return;
            }
        }
    }

    fn take(&mut self, command: Command) {
        if let Command::Unsubscribe(connection) = command {
            return self.fanout.remove(connection);
        }
        // Before anything else: a busy room that is hidden must not answer differently from one that does not exist.
        if let Some((caller, action)) = command.access()
            && let Err(error) = self.state.authorize(caller, action)
        {
            return self.refuse_command(command, &error);
        }
        if self.in_flight.len() >= IN_FLIGHT_MAX {
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
                self.fanout.add(connection, caller.user(), send_queue);
                answer(reply, Ok(self.state.shown()));
            }
            Command::Type(caller, (connection, is_typing), reply) => {
                self.show_typing((caller.user(), connection), is_typing);
                answer(reply, Ok(()));
            }
            Command::PageSnapshot(_, _, after, reply) => self.page_snapshot(after, reply),
            Command::Snapshot(caller, _, reply) => answer(reply, Ok(self.state.snapshot(caller.user()))),
            Command::Unsubscribe(connection) => self.fanout.remove(connection),
            Command::Transient(push, but) => self.fanout.transient(&push, |to, _| Some(to) != but),
            Command::ToMembers(push) => {
                let state = &self.state;
                self.fanout.transient(&push, |_, user| state.role(user).is_some());
            }
            Command::Find(_, _, seq, reply) | Command::Peek(seq, reply) => {
                answer(reply, Ok(self.state.find(seq, self.now())));
            }
            Command::Drain(reply) => self.enqueue(Wait::Nothing, None, Requester::Drain(reply)),
        }
    }

    fn enqueue(&mut self, wait: Wait, item: Option<Item>, requester: Requester) {
        self.in_flight.push_back(InFlight::new(wait, item, requester));
    }

    fn post(&mut self, new: NewPost, reply: Responder<Posted>) {
        let now = self.now();
        let chain = new.chain;
        if chain.is_some_and(|place| self.broken_chains.is_broken(place)) {
            return answer(reply, Err(RoomError::ChainBroken));
        }
        match self.state.accept_post(new, now) {
            Err(error) => {
                self.break_chain(chain);
                answer(reply, Err(error));
            }
            Ok((item, destination)) => {
                let wait = match destination {
                    Destination::Database => {
                        let append = Append { chain, ..self.append(&item) };
                        Wait::Append(self.services.store.append(append))
                    }
                    Destination::Live { key, reservation } => {
                        if self.live_sync.has_lost_data() {
                            self.refill_live_store();
                        }
                        // What the store has lost, or will hold again, the room has.
                        if let Some(used) = self.check_duplicate(&key, &item) {
                            if reservation.is_some() {
                                // Nobody asked for it.
                                self.state.release_seqs();
                            }
                            self.break_chain(chain.filter(|_| used.is_err()));
                            return answer(reply, used);
                        }
                        self.put(key, reservation, &item, now)
                    }
                };
                self.in_flight.push_back(InFlight::new(wait, Some(item), Requester::Post(reply)).chained(chain));
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

    /// Keeps numbers free up to a limit, where there is one to be kept.
    fn persist_reservation(&self, reserved_up_to: Option<Seq>) -> Option<StoreReply<()>> {
        reserved_up_to.map(|reserved_up_to| self.services.store.reserve_seqs(self.state.id(), reserved_up_to))
    }

    fn put(&self, key: EphemeralKey, reservation: Option<Seq>, item: &Item, now: UnixMillis) -> Wait {
        let reserve = self.persist_reservation(reservation);
        let put = match crate::live::EphemeralEntry::message(key.clone(), item.clone()) {
            Ok(entry) => self.services.live.put(entry, now),
            Err(error) => crate::live::LiveReply::ready(Err(error)),
        };
        Wait::Put(put, key, reserve)
    }

    fn change(&mut self, new: NewChange, reply: Responder<ChangeOutcome>) {
        let now = self.now();
        let revision = if new.edit.is_some() { Revision::Edit } else { Revision::Delete };
        let is_changing = self.in_flight.iter().any(|write| write.item.as_ref().is_some_and(|i| i.seq == new.seq));
        match self.state.accept_change(new, is_changing, now) {
            Err(error) => answer(reply, Err(error)),
            Ok(Accepted::Unknown) => {
                answer(reply, Ok(ChangeOutcome::Unknown { is_all_known: !self.live_sync.is_load_pending() }));
            }
            Ok(Accepted::Same) => answer(reply, Ok(ChangeOutcome::Changed(self.state.shown()))),
            Ok(Accepted::Changed(item, destination)) => {
                let wait = match destination {
                    Destination::Database => {
                        let change = Change { room: self.state.id(), revision, item: item.clone(), at: now };
                        Wait::Change(self.services.store.change(change))
                    }
                    Destination::Live { key, reservation } => {
                        let reserve = self.persist_reservation(reservation);
                        Wait::Replace(self.services.live.replace(key, item.clone(), now), reserve)
                    }
                };
                self.enqueue(wait, Some(item), Requester::Change(reply));
            }
        }
    }

    fn set(&mut self, by: UserId, setting: Setting, reply: Responder<Seq>) {
        let now = self.now();
        match self.state.accept_setting(by, setting, now) {
            // Behind what is under way: a change of the same may be.
            None => self.enqueue(Wait::Nothing, None, Requester::Set(reply)),
            Some(item) => {
                let pending = self.services.store.append(self.append(&item));
                self.enqueue(Wait::Append(pending), Some(item), Requester::Set(reply));
            }
        }
    }

    fn join(&mut self, user: UserId, role: Role, reply: Responder<Joined>) {
        let now = self.now();
        match self.state.accept_join(user, role, now) {
            // Behind what is under way: a join of the same account may be.
            None => self.enqueue(Wait::Nothing, None, Requester::Join((user, false), reply)),
            Some(item) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Joins(role));
                self.enqueue(Wait::Append(pending), Some(item), Requester::Join((user, true), reply));
            }
        }
    }

    fn leave(&mut self, user: UserId, reply: Responder<Option<u32>>) {
        let now = self.now();
        match self.state.accept_leave(user, now) {
            None => self.enqueue(Wait::Nothing, None, Requester::Leave(user, None, reply)),
            Some((item, role)) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Leaves);
                self.enqueue(Wait::Append(pending), Some(item), Requester::Leave(user, Some(role), reply));
            }
        }
    }

    fn show_typing(&self, (user, connection): (UserId, ConnectionId), is_typing: bool) {
        let room = self.state.id();
        if let Some(typing) = self.services.observer.typing_changed(room, (user, connection), is_typing) {
            self.fanout.transient(&Push::new(typing), |to, _| to != connection);
        }
    }

    fn page_snapshot(&self, after: Option<Seq>, reply: Responder<PageSnapshot>) {
        let from_ring = after.and_then(|after| self.state.ring.after(after));
        if after.is_some() {
            let Counters { ring_hits, ring_misses, .. } = &*self.services.counters;
            let counter = if from_ring.is_some() { ring_hits } else { ring_misses };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let snapshot =
            PageSnapshot { head: self.state.shown(), from_ring, ephemeral: self.state.ephemeral_items(self.now()) };
        answer(reply, Ok(snapshot));
    }

    /// The write at the front of the FIFO has completed.
    fn complete(&mut self, result: WriteResult, registry: &Registry) {
        let Some(mut write) = self.in_flight.pop_front() else { return };
        let key = match std::mem::replace(&mut write.wait, Wait::Nothing) {
            Wait::Put(_, key, _) => Some((key, true)),
            Wait::Replace(..) => {
                write.item.as_ref().and_then(|item| Some((self.state.ephemeral.get(item.seq)?.key().clone(), false)))
            }
            Wait::Append(_) | Wait::Change(_) | Wait::Reserve(_) | Wait::Nothing => None,
        };
        match apply_chain(result, key.is_some(), write.chain, &self.broken_chains) {
            WriteResult::Stored => {
                if let Requester::Merge(entries) = write.requester {
                    return self.merge_late(entries, registry);
                }
                let is_unreserved = write.item.as_ref().is_some_and(|item| item.changed <= self.unreserved_up_to);
                if key.is_some() && is_unreserved {
                    return self.refuse(write, key, LiveError::Unavailable.into());
                }
                if let Requester::Leave(user, Some(_), _) = &write.requester {
                    return self.complete_leave(*user, write, registry);
                }
                self.answer_stored(write.requester, write.item.as_ref(), write.accepted_at);
                if let Some(item) = write.item {
                    self.show(item, key.map(|(key, _)| key), registry);
                }
            }
            // Only a retry knew of it: what was refused is no first one.
            WriteResult::Duplicate(first, _) if key.is_some() && self.is_unacknowledged(first.seq) => {
                if let Some((key, _)) = &key {
                    drop(self.services.live.undo(key.clone(), first.seq));
                }
                self.refuse(write, key, LiveError::Unavailable.into());
            }
            WriteResult::Duplicate(first, expires_at) => Self::answer_duplicate(write.requester, first, expires_at),
            // The store has lost it, and will hold it again.
            WriteResult::Refused(RoomError::NotFound)
                if key.is_some() && self.is_shown_ephemeral(write.item.as_ref()) =>
            {
                self.refuse(write, key, LiveError::Busy.into());
            }
            WriteResult::Refused(error) => self.refuse(write, key, error),
        }
    }

    /// Shows an item to every listener.
    fn show(&mut self, item: Item, key: Option<EphemeralKey>, registry: &Registry) {
        let room = self.state.id();
        if key.is_some() {
            registry.note_head(room, item.changed);
        }
        let prev = self.state.show(&item, key);
        self.services.observer.item_shown(room, &item);
        self.fanout.event(&Push::new(Event { room, seq: item.changed, prev, update: Update::of(item) }));
        self.services.counters.deliveries.fetch_add(self.fanout.len() as u64, Ordering::Relaxed);
        if self.state.should_close() {
            self.is_closed = true;
            drop(self.services.store.close_room(room, self.now()));
            drop(self.services.live.clear_room(room));
        }
    }
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
