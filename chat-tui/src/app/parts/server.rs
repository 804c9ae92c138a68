//! One server as the screen knows it: its connection, its clock, its people. Must not know its rooms.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashMap};

/// Why something cannot be done without a connection.
pub const NOT_CONNECTED: &str = "Server unreachable; try again once you are connected.";

use chat_proto::ids::{AccountSeq, ConnectionId, UserId};
use chat_proto::limits::{IDS_MAX, Limits};
use chat_proto::presence::{Availability, Presence};
use chat_proto::request::Users;
use chat_proto::room::User;
use chat_proto::server_frame::{Service, Welcome};
use chat_proto::time::UnixMillis;

use super::outcomes::Outcomes;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;
use crate::catch_up::Life;
use crate::text::SafeText;

/// The state of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// A connection attempt is under way.
    Connecting,
    /// Signed in.
    Ready,
    /// Between two attempts.
    Down {
        /// The reason.
        reason: SafeText,
        /// When the next attempt begins, by this machine's clock.
        retry_at: UnixMillis,
    },
    /// The server wants a sign-in.
    SignedOut {
        /// The reason.
        reason: SafeText,
    },
    /// The server refused this client for another reason.
    Denied {
        /// The reason.
        reason: SafeText,
    },
}

/// One server.
#[derive(Debug)]
pub struct Server {
    /// Its key.
    pub key: ServerKey,
    /// Its name on the screen.
    pub label: SafeText,
    /// The state of its connection.
    pub link: LinkState,
    /// Its response time, in milliseconds.
    pub lag_ms: Option<u64>,
    /// When the connection attempt began, or the heartbeat went out that is unanswered.
    pub silent_since: Option<UnixMillis>,
    /// Why the last connection ended or did not come about, until there is one again.
    pub fault: Option<SafeText>,
    /// The account's user.
    pub me: Option<User>,
    /// The present connection.
    pub connection: Option<ConnectionId>,
    /// The life of the loaded data.
    pub life: Life,
    /// The server's clock minus this machine's, in milliseconds.
    pub clock_offset_ms: i64,
    /// The last event applied of the account's stream.
    pub account: AccountSeq,
    /// The limits in force.
    pub limits: Limits,
    /// The services that work at present.
    pub service: Service,
    /// The notice that it is older than this program, if it is.
    pub older_notice: Option<String>,
    names: HashMap<UserId, User>,
    presence: HashMap<UserId, Presence>,
    /// People whose names are unknown and not requested yet.
    missing_names: BTreeSet<UserId>,
}

impl Server {
    /// A server about which nothing is known yet.
    pub fn new(key: ServerKey, label: &str) -> Self {
        Self {
            key,
            label: SafeText::line(label),
            link: LinkState::Connecting,
            lag_ms: None,
            silent_since: None,
            fault: None,
            me: None,
            connection: None,
            life: Life::default(),
            clock_offset_ms: 0,
            account: AccountSeq(0),
            limits: Limits::default(),
            service: Service::default(),
            older_notice: None,
            names: HashMap::new(),
            presence: HashMap::new(),
            missing_names: BTreeSet::new(),
        }
    }

    /// Whether it takes requests.
    pub fn is_ready(&self) -> bool {
        self.link == LinkState::Ready
    }

    /// The account's id; `None` before the first sign-in.
    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.id)
    }

    /// The time by the server's clock.
    pub fn now(&self, now: UnixMillis) -> UnixMillis {
        UnixMillis(now.0.saturating_add(self.clock_offset_ms))
    }

    /// A person's name, or their id if it is unknown.
    pub fn name(&self, id: UserId) -> SafeText {
        match self.names.get(&id) {
            Some(user) => SafeText::line(user.name.as_str()),
            None if id == UserId(0) => SafeText::line("chat"),
            None => SafeText::line(&id.to_string()),
        }
    }

    /// The people whose names are known.
    pub fn people(&self) -> impl Iterator<Item = &User> {
        self.names.values()
    }

    /// A person's presence.
    pub fn presence(&self, id: UserId) -> Presence {
        self.presence.get(&id).cloned().unwrap_or_default()
    }

    /// Remembers names.
    pub(in crate::app) fn add_users(&mut self, users: &[User]) {
        for user in users {
            self.missing_names.remove(&user.id);
            self.names.insert(user.id, user.clone());
        }
    }

    /// Notes that a person's name is needed.
    pub(in crate::app) fn request_name(&mut self, id: UserId) {
        if id != UserId(0) && !self.names.contains_key(&id) {
            self.missing_names.insert(id);
        }
    }

    /// Requests the names that are missing, if it takes requests.
    pub(in crate::app) fn ask_missing_names(&mut self, out: &mut Outcomes) {
        if !self.is_ready() || self.missing_names.is_empty() {
            return;
        }
        let ids: Vec<UserId> = std::mem::take(&mut self.missing_names).into_iter().collect();
        for ids in ids.chunks(IDS_MAX) {
            out.ask(self.key, Users { ids: ids.to_vec() }, Purpose::Names);
        }
    }

    /// Remembers a person's presence.
    pub(in crate::app) fn set_presence(&mut self, id: UserId, presence: Presence) {
        self.presence.insert(id, presence);
    }

    /// Marks everyone's presence as unknown, because the connection is lost.
    pub(in crate::app) fn clear_presence(&mut self) {
        for presence in self.presence.values_mut() {
            presence.availability = Availability::Unknown;
        }
        self.lag_ms = None;
    }

    /// The server's clock shows `server_now`, this machine's `now`.
    pub(in crate::app) fn set_clock(&mut self, server_now: UnixMillis, now: UnixMillis) {
        self.clock_offset_ms = server_now.0.saturating_sub(now.0);
    }

    /// Takes the facts about the server and the account.
    pub(in crate::app) fn welcome(&mut self, welcome: &Welcome, now: UnixMillis) {
        self.link = LinkState::Ready;
        self.silent_since = None;
        self.fault = None;
        self.me = Some(welcome.user.clone());
        self.connection = Some(welcome.connection);
        self.set_clock(welcome.now, now);
        self.account = welcome.account.head;
        self.limits = welcome.limits.clone();
        self.service = welcome.service;
        self.add_users(&welcome.account.users);
        self.add_users(std::slice::from_ref(&welcome.user));
    }
}
