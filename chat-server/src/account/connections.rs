//! The connections of every account, and each account's event stream: one person's events, the same on all devices. Must not
//! know rooms, or how events are encoded.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chat_proto::ids::{AccountSeq, ConnectionId, SessionId, UserId};
use chat_proto::request::AccountChangesPage;
use chat_proto::server_frame::{AccountChange, AccountEvent, Service};
use chat_proto::time::UnixMillis;
use parking_lot::Mutex;

use super::standings::Standings;
use crate::access::{Caller, Standing};
use crate::push::Push;
use crate::send_queue::SendQueue;

/// Events of one account kept in memory for catching up.
const RING: usize = 64;

/// One connection of an account.
#[derive(Clone, Debug)]
pub struct Device {
    /// The connection.
    pub connection: ConnectionId,
    /// Who is signed in over it.
    pub caller: Caller,
    /// Whether it is subscribed to every room the account joins.
    pub follows_all: bool,
    /// Its queue, which also knows the rooms that feed it.
    pub send_queue: SendQueue,
}

#[derive(Debug)]
struct Stream {
    head: AccountSeq,
    ring: VecDeque<AccountEvent>,
    devices: Vec<Device>,
}

/// The streams of all accounts.
#[derive(Debug)]
pub struct Connections {
    streams: Mutex<HashMap<UserId, Stream>>,
    standings: Standings,
    /// Gives a new stream its first number, microseconds since 1970. A stream that is dropped and begins again, after a
    /// restart too, thus begins beyond all numbers it gave before.
    clock: fn() -> UnixMillis,
    /// Frames dropped by connections that have ended.
    dropped_before: AtomicU64,
}

/// The counts for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFigures {
    /// Connections.
    pub connections: usize,
    /// Accounts with at least one.
    pub accounts: usize,
    /// Frames that send queues have dropped, those of ended connections included.
    pub dropped_frames: u64,
}

impl Connections {
    /// No streams yet.
    pub fn new(clock: fn() -> UnixMillis) -> Self {
        Self { streams: Mutex::default(), standings: Standings::default(), clock, dropped_before: AtomicU64::new(0) }
    }

    fn first(&self) -> AccountSeq {
        AccountSeq(u64::try_from((self.clock)().0).unwrap_or(0).saturating_mul(1000))
    }

    /// Adds a connection, unless the account has `limit` already. `device` builds it from the standing that all devices of
    /// the account share.
    pub fn connected(
        &self,
        user: UserId,
        limit: usize,
        device: impl FnOnce(Arc<Standing>) -> Device,
    ) -> Option<Device> {
        let first = self.first();
        let mut streams = self.streams.lock();
        if streams.get(&user).map_or(0, |stream| stream.devices.len()) >= limit {
            return None;
        }
        let stream =
            streams.entry(user).or_insert_with(|| Stream { head: first, ring: VecDeque::new(), devices: Vec::new() });
        let device = device(self.standings.of(user));
        stream.devices.push(device.clone());
        Some(device)
    }

    /// The standing that all callers of an account share, those without a connection included.
    pub fn standing(&self, user: UserId) -> Arc<Standing> {
        self.standings.of(user)
    }

    /// Removes a connection that has ended. The stream of an account without connections is dropped.
    pub fn disconnected(&self, user: UserId, connection: ConnectionId) {
        let mut streams = self.streams.lock();
        if let Some(stream) = streams.get_mut(&user) {
            for device in stream.devices.extract_if(.., |device| device.connection == connection) {
                self.dropped_before.fetch_add(device.send_queue.dropped(), Ordering::Relaxed);
            }
            if stream.devices.is_empty() {
                streams.remove(&user);
            }
        }
    }

    /// Sends an event to all devices of an account. If it has none, nothing is kept: the database has the state.
    pub fn notify(&self, user: UserId, change: AccountChange) {
        let mut streams = self.streams.lock();
        let Some(stream) = streams.get_mut(&user) else { return };
        let event = AccountEvent { seq: AccountSeq(stream.head.0 + 1), prev: stream.head, change };
        stream.head = event.seq;
        let push = Push::new(event.clone());
        for device in &stream.devices {
            device.send_queue.account_event(Arc::clone(&push));
        }
        if stream.ring.len() == RING {
            stream.ring.pop_front();
        }
        stream.ring.push_back(event);
    }

    /// The last number of an account's stream.
    pub fn head(&self, user: UserId) -> AccountSeq {
        self.streams.lock().get(&user).map_or_else(|| self.first(), |stream| stream.head)
    }

    /// The events after a number, if all of them are still in memory.
    pub fn changes(&self, user: UserId, after: AccountSeq) -> AccountChangesPage {
        let streams = self.streams.lock();
        let Some(stream) = streams.get(&user) else {
            return AccountChangesPage { events: Vec::new(), is_complete: false, head: self.first() };
        };
        let is_complete = after == stream.head || stream.ring.front().is_some_and(|first| first.prev <= after);
        let is_complete = is_complete && after <= stream.head;
        let events = stream.ring.iter().filter(|event| is_complete && event.seq > after).cloned().collect();
        AccountChangesPage { events, is_complete, head: stream.head }
    }

    /// The devices that follow every room of the account.
    pub fn followers(&self, user: UserId) -> Vec<Device> {
        let streams = self.streams.lock();
        let devices = streams.get(&user).map_or(&[][..], |stream| &stream.devices);
        devices.iter().filter(|device| device.follows_all).cloned().collect()
    }

    /// The device a caller asks from; `None` if its door keeps no connection, or the connection has ended.
    pub fn device(&self, caller: &Caller) -> Option<Device> {
        let (streams, connection) = (self.streams.lock(), caller.connection()?);
        let devices = &streams.get(&caller.user())?.devices;
        devices.iter().find(|device| device.connection == connection).cloned()
    }

    /// All devices of an account.
    pub fn devices(&self, user: UserId) -> Vec<Device> {
        self.streams.lock().get(&user).map(|stream| stream.devices.clone()).unwrap_or_default()
    }

    /// Ends a sign-in that was revoked: closes its connections, after notifying the account, and refuses its other callers.
    pub fn revoke(&self, user: UserId, session: SessionId) {
        self.notify(user, AccountChange::SessionRevoked { session });
        if let Some(standing) = self.standings.held(user) {
            standing.revoke(session);
        }
        let streams = self.streams.lock();
        for device in streams.get(&user).into_iter().flat_map(|stream| &stream.devices) {
            if device.caller.credential().sign_in() == Some(session) {
                device.caller.revoke();
                device.send_queue.revoke();
            }
        }
    }

    /// Tells every connection what the server accepts now.
    pub fn notify_all(&self, service: Service) {
        let push = Push::new(service);
        for stream in self.streams.lock().values() {
            for device in &stream.devices {
                device.send_queue.announce(Arc::clone(&push));
            }
        }
    }

    /// The number of connections.
    pub fn count(&self) -> usize {
        self.streams.lock().values().map(|stream| stream.devices.len()).sum()
    }

    /// The counts for metrics.
    pub fn figures(&self) -> ConnectionFigures {
        let streams = self.streams.lock();
        let devices = || streams.values().flat_map(|stream| &stream.devices);
        ConnectionFigures {
            connections: devices().count(),
            accounts: streams.len(),
            dropped_frames: self.dropped_before.load(Ordering::Relaxed)
                + devices().map(|device| device.send_queue.dropped()).sum::<u64>(),
        }
    }

    /// The number of connections of one account.
    pub fn count_of(&self, user: UserId) -> usize {
        self.streams.lock().get(&user).map_or(0, |stream| stream.devices.len())
    }
}
