//! The room's task: takes what is asked, lets the stores work, and answers and tells in the order of acceptance. It
//! waits for nothing but its mailbox, the front of its FIFO, the next expiry and news of the live store.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_proto::codec;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::Posted;
use chat_proto::server_frame::Event;
use chat_proto::time::UnixMillis;
use tokio::sync::mpsc;

use super::RoomError;
use super::command::{AtHand, ChangeOutcome, Command, NewChange, NewPost, Reply, Setting, Snapshot};
use super::fanout::Fanout;
use super::flight::{Asker, Flight, Landing, Wait, answer, break_off, front, settled};
use super::refused::Refused;
use super::registry::{Counters, Registry, Services};
use super::ring::RING;
use super::state::{Accepted, Keeper, State};
use super::tides::Tides;
use crate::live::{Address, LiveError};
use crate::store::{Append, ChainLink, Change, MemberState, Pending, Revision};

/// Entries that may be under way in one room.
const FLIGHTS_MAX: usize = 4096;
/// Commands taken in one turn before the front is looked at again.
const TURN: usize = 128;
/// A room that was asked nothing for this long, and that nobody listens to, leaves.
const IDLE: Duration = Duration::from_mins(1);

/// A room that starts waits for the live store at most this long.
const LOAD_LIMIT: Duration = Duration::from_millis(250);

/// A running room.
pub(super) struct Actor {
    state: State,
    flights: VecDeque<Flight>,
    fanout: Fanout,
    services: Services,
    tides: Tides,
    refused: Refused,
    /// Numbers up to here may not have been kept free.
    unreserved: Seq,
    is_closed: bool,
}

/// Runs a room until it is idle.
pub(super) async fn run(id: RoomId, mut mailbox: mpsc::Receiver<Command>, registry: Arc<Registry>) {
    let services = registry.services().clone();
    let loaded = async {
        let mut recorded = services.store.room_state(id, RING as u32).await?;
        let refused = Refused::new(std::mem::take(&mut recorded.refused));
        let mut tides = Tides::new(&services);
        // A live store that is away, or slow, holds nothing up: what it has comes in later.
        let loading = services.live.load(id, (services.clock)());
        let alive = tokio::time::timeout(LOAD_LIMIT, loading).await.ok().and_then(Result::ok);
        if alive.is_none() {
            tides.learn(&services, id);
        }
        let (head, ceiling) = (recorded.room.head, recorded.ceiling);
        // A number that was not kept free was never acknowledged.
        let alive = refused.sort_out(&services, alive.unwrap_or_default(), |seq| seq > ceiling);
        let state = State::new(recorded, alive);
        if state.shown() > head {
            registry.note_head(id, state.shown());
        }
        Ok::<_, RoomError>((state, tides, refused))
    };
    match loaded.await {
        Ok((state, tides, refused)) => {
            let fanout = Fanout::default();
            let flights = VecDeque::new();
            let (unreserved, is_closed) = (Seq::ZERO, false);
            let mut actor = Actor { state, flights, fanout, services, tides, refused, unreserved, is_closed };
            let now = actor.now();
            actor.services.witness.began(id, &actor.state.at_hand(now));
            actor.serve(&mut mailbox, &registry).await;
            actor.services.witness.left(id);
        }
        Err(error) => {
            // Whoever asks meanwhile is told the same; the next one tries anew.
            registry.leave_now(id, &mut mailbox);
            while let Some(command) = mailbox.recv().await {
                command.refuse(&error);
            }
        }
    }
}

mod answers;
mod recovery;

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
                landing = front(&mut self.flights), if !self.flights.is_empty() => {
                    self.land(landing, registry);
                    next_expiry = self.state.expire(self.now());
                }
                tide = self.tides.turn() => self.recover(tide),
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
                () = tokio::time::sleep(IDLE), if self.flights.is_empty() => {
                    self.fanout.prune();
                    if self.fanout.is_empty() && self.tides.are_calm() && registry.leave(self.state.id(), mailbox) {
                        return;
                    }
                }
            }
            if self.is_closed && self.flights.is_empty() {
                registry.leave_now(self.state.id(), mailbox);
                return;
            }
        }
    }

    fn take(&mut self, command: Command) {
        if let Command::Unsubscribe(connection) = command {
            return self.fanout.remove(connection);
        }
        if self.flights.len() >= FLIGHTS_MAX {
            return command.refuse(&RoomError::Busy);
        }
        match command {
            Command::Post(new, reply) => self.post(*new, reply),
            Command::Change(new, reply) => self.change(*new, reply),
            Command::Set(by, setting, reply) => self.set(by, setting, reply),
            Command::Join(user, role, reply) => self.join(user, role, reply),
            Command::Leave(user, reply) => self.leave(user, reply),
            Command::Subscribe(user, (connection, outbox), reply) => {
                outbox.close_gap(self.state.id());
                self.fanout.add(connection, user, outbox);
                answer(reply, Ok(self.state.shown()));
            }
            Command::AtHand(after, reply) => self.at_hand(after, reply),
            Command::Snapshot(user, reply) => answer(reply, Ok(self.state.snapshot(user))),
            Command::Unsubscribe(connection) => self.fanout.remove(connection),
            Command::Transient(frame, but) => self.fanout.transient(self.state.id(), &frame, |to, _| Some(to) != but),
            Command::ToMembers(frame) => {
                let state = &self.state;
                self.fanout.transient(state.id(), &frame, |_, user| state.role(user).is_some());
            }
            Command::Find(seq, reply) => answer(reply, Ok(self.state.find(seq, self.now()))),
            Command::Settle(reply) => self.fly(Wait::Nothing, None, Asker::Settle(reply)),
        }
    }

    fn fly(&mut self, wait: Wait, item: Option<Item>, asker: Asker) {
        self.flights.push_back(Flight::new(wait, item, asker));
    }

    fn post(&mut self, new: NewPost, reply: Reply<Posted>) {
        let now = self.now();
        let chain = new.chain.clone();
        if chain.as_ref().is_some_and(ChainLink::is_broken) {
            return answer(reply, Err(RoomError::ChainBroken));
        }
        match self.state.accept_post(new, now) {
            Err(error) => {
                break_off(chain.as_ref());
                answer(reply, Err(error));
            }
            Ok((item, keeper)) => {
                let wait = match keeper {
                    Keeper::Record => {
                        let append = Append { chain: chain.clone(), ..self.append(&item) };
                        Wait::Append(self.services.store.append(append))
                    }
                    Keeper::Live { address, reserve } => {
                        if self.tides.have_turned() {
                            self.put_back();
                        }
                        // What the store has lost, or will hold again, the room has.
                        if let Some(used) = self.used_key(&address, &item) {
                            if reserve.is_some() {
                                // Nobody asked for it.
                                self.state.reserve_failed();
                            }
                            break_off(chain.as_ref().filter(|_| used.is_err()));
                            return answer(reply, used);
                        }
                        self.put(address, reserve, &item, now)
                    }
                };
                self.flights.push_back(Flight::new(wait, Some(item), Asker::Post(reply)).chained(chain));
            }
        }
    }

    fn append(&self, item: &Item) -> Append {
        Append { room: self.state.id(), seq: item.seq, at: item.at, by: item.by, what: item.what.clone(), chain: None }
    }

    /// Keeps numbers free up to a ceiling, where there is one to be kept.
    fn reserve(&self, ceiling: Option<Seq>) -> Option<Pending<()>> {
        ceiling.map(|ceiling| self.services.store.reserve(self.state.id(), ceiling))
    }

    fn put(&self, address: Address, reserve: Option<Seq>, item: &Item, now: UnixMillis) -> Wait {
        let reserve = self.reserve(reserve);
        let put = match crate::live::Entry::message(address.clone(), item.clone()) {
            Ok(entry) => self.services.live.put(entry, now),
            Err(error) => crate::live::Pending::ready(Err(error)),
        };
        Wait::Put(put, address, reserve)
    }

    fn change(&mut self, new: NewChange, reply: Reply<ChangeOutcome>) {
        let now = self.now();
        let revision = if new.edit.is_some() { Revision::Edit } else { Revision::Delete };
        let is_changing = self.flights.iter().any(|flight| flight.item.as_ref().is_some_and(|i| i.seq == new.seq));
        match self.state.accept_change(new, is_changing, now) {
            Err(error) => answer(reply, Err(error)),
            Ok(Accepted::Unknown) => answer(reply, Ok(ChangeOutcome::Unknown { is_all_known: !self.tides.are_late() })),
            Ok(Accepted::Same) => answer(reply, Ok(ChangeOutcome::Changed(self.state.shown()))),
            Ok(Accepted::Changed(item, keeper)) => {
                let wait = match keeper {
                    Keeper::Record => {
                        let change = Change { room: self.state.id(), revision, item: item.clone(), at: now };
                        Wait::Change(self.services.store.change(change))
                    }
                    Keeper::Live { address, reserve } => {
                        let reserve = self.reserve(reserve);
                        Wait::Replace(self.services.live.replace(address, item.clone(), now), reserve)
                    }
                };
                self.fly(wait, Some(item), Asker::Change(reply));
            }
        }
    }

    fn set(&mut self, by: UserId, setting: Setting, reply: Reply<Seq>) {
        let member = match &setting {
            Setting::Rsvp(answer) => Some(MemberState::Answers(*answer)),
            Setting::Topic(_) | Setting::Description(_) => None,
        };
        let now = self.now();
        match self.state.accept_setting(by, setting, now) {
            Err(error) => answer(reply, Err(error)),
            // Behind what is under way: a change of the same may be.
            Ok(None) => self.fly(Wait::Nothing, None, Asker::Set(reply)),
            Ok(Some(item)) => {
                let append = self.append(&item);
                let pending = match member {
                    Some(state) => self.services.store.change_member(append, state),
                    None => self.services.store.append(append),
                };
                self.fly(Wait::Append(pending), Some(item), Asker::Set(reply));
            }
        }
    }

    fn join(&mut self, user: UserId, role: chat_proto::room::Role, reply: Reply<Snapshot>) {
        let now = self.now();
        match self.state.accept_join(user, role, now) {
            // Behind what is under way: a join of the same account may be.
            None => self.fly(Wait::Nothing, None, Asker::Join(user, reply)),
            Some(item) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Joins(role));
                self.fly(Wait::Append(pending), Some(item), Asker::Join(user, reply));
            }
        }
    }

    fn leave(&mut self, user: UserId, reply: Reply<()>) {
        let now = self.now();
        match self.state.accept_leave(user, now) {
            None => self.fly(Wait::Nothing, None, Asker::Settle(reply)),
            Some((item, role)) => {
                let pending = self.services.store.change_member(self.append(&item), MemberState::Leaves);
                self.fly(Wait::Append(pending), Some(item), Asker::Leave(user, role, reply));
            }
        }
    }

    fn at_hand(&self, after: Option<Seq>, reply: Reply<AtHand>) {
        let from_ring = after.and_then(|after| self.state.ring.after(after));
        if after.is_some() {
            let Counters { ring_hits, ring_misses, .. } = &*self.services.counters;
            let counter = if from_ring.is_some() { ring_hits } else { ring_misses };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let at_hand = AtHand { head: self.state.shown(), from_ring, alive: self.state.alive(self.now()) };
        answer(reply, Ok(at_hand));
    }

    /// The front of the FIFO has landed.
    fn land(&mut self, landing: Landing, registry: &Registry) {
        let Some(mut flight) = self.flights.pop_front() else { return };
        let address = match std::mem::replace(&mut flight.wait, Wait::Nothing) {
            Wait::Put(_, address, _) => Some((address, true)),
            Wait::Replace(..) => {
                flight.item.as_ref().and_then(|item| Some((self.state.alive.get(item.seq)?.address().clone(), false)))
            }
            Wait::Append(_) | Wait::Change(_) | Wait::Reserve(_) | Wait::Nothing => None,
        };
        match settled(landing, address.is_some(), flight.chain.as_ref()) {
            Landing::Kept => {
                if let Asker::Learn(entries) = flight.asker {
                    return self.learned(entries, registry);
                }
                let is_unreserved = flight.item.as_ref().is_some_and(|item| item.changed <= self.unreserved);
                if address.is_some() && is_unreserved {
                    return self.refuse(flight, address, LiveError::Unavailable.into());
                }
                self.answer_kept(flight.asker, flight.item.as_ref(), flight.accepted_at);
                if let Some(item) = flight.item {
                    self.show(item, address.map(|(address, _)| address), registry);
                }
            }
            // Only a retry knew of it: what was refused is no first one.
            Landing::Duplicate(first, _) if address.is_some() && self.never_stood(first.seq) => {
                if let Some((address, _)) = &address {
                    drop(self.services.live.undo(address.clone(), first.seq));
                }
                self.refuse(flight, address, LiveError::Unavailable.into());
            }
            Landing::Duplicate(first, expires_at) => Self::answer_duplicate(flight.asker, first, expires_at),
            // The store has lost it, and will hold it again.
            Landing::Refused(RoomError::NotFound) if address.is_some() && self.is_shown_alive(flight.item.as_ref()) => {
                self.refuse(flight, address, LiveError::Busy.into());
            }
            Landing::Refused(error) => self.refuse(flight, address, error),
        }
    }

    /// Shows an item to all who listen: encoded once.
    fn show(&mut self, item: Item, address: Option<Address>, registry: &Registry) {
        let room = self.state.id();
        if address.is_some() {
            registry.note_head(room, item.changed);
        }
        let prev = self.state.show(&item, address);
        self.services.witness.shown(room, &item);
        let frame = codec::encode(&Event { room, seq: item.changed, prev, item });
        self.fanout.event(room, &frame);
        self.services.counters.deliveries.fetch_add(self.fanout.len() as u64, Ordering::Relaxed);
        if self.state.shall_close() {
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
