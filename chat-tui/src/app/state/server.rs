//! One server as the screen knows it: its link, its clock, its people.

use std::collections::{BTreeSet, HashMap};

use chat_proto::ids::{AccountSeq, ConnectionId, Epoch, UserId};
use chat_proto::limits::Limits;
use chat_proto::presence::{Availability, Presence};
use chat_proto::room::User;
use chat_proto::server_frame::{Service, Welcome};
use chat_proto::time::UnixMillis;

use crate::text::SafeText;

/// Where a link stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// A try is under way.
    Connecting,
    /// In.
    Ready,
    /// Between two tries.
    Down {
        /// Why.
        reason: SafeText,
        /// When the next try begins, by this machine's clock.
        retry_at: UnixMillis,
    },
    /// The server does not let us in.
    Denied {
        /// Why.
        reason: SafeText,
    },
}

/// One server.
#[derive(Debug)]
pub struct Server {
    /// What it is called on the screen.
    pub label: SafeText,
    /// Where its link stands.
    pub link: LinkState,
    /// How long it takes to answer, in milliseconds.
    pub lag_ms: Option<u64>,
    /// Who one is there.
    pub me: Option<User>,
    /// This connection.
    pub connection: Option<ConnectionId>,
    /// The life of the data that is at hand.
    pub epoch: Option<Epoch>,
    /// The server's clock minus this machine's, in milliseconds.
    pub clock_offset_ms: i64,
    /// The account stream's cursor.
    pub account: AccountSeq,
    /// The limits in force.
    pub limits: Limits,
    /// What works just now.
    pub service: Service,
    /// Its version, where it is older than this program.
    pub older_version: Option<SafeText>,
    names: HashMap<UserId, User>,
    presence: HashMap<UserId, Presence>,
    /// People whose names are not known and not asked for yet.
    pub(in crate::app) missing_names: BTreeSet<UserId>,
}

impl Server {
    /// A server nothing is known of yet.
    pub fn new(label: &str) -> Self {
        Self {
            label: SafeText::line(label),
            link: LinkState::Connecting,
            lag_ms: None,
            me: None,
            connection: None,
            epoch: None,
            clock_offset_ms: 0,
            account: AccountSeq(0),
            limits: Limits::default(),
            service: Service::default(),
            older_version: None,
            names: HashMap::new(),
            presence: HashMap::new(),
            missing_names: BTreeSet::new(),
        }
    }

    /// Whether requests can be made.
    pub fn is_ready(&self) -> bool {
        self.link == LinkState::Ready
    }

    /// The account of this screen.
    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.id)
    }

    /// The server's clock.
    pub fn now(&self, now: UnixMillis) -> UnixMillis {
        UnixMillis(now.0.saturating_add(self.clock_offset_ms))
    }

    /// A person's name; their id where it is not known.
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

    /// Whether someone is there.
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

    /// Notes that someone's name is needed.
    pub(in crate::app) fn request_name(&mut self, id: UserId) {
        if id != UserId(0) && !self.names.contains_key(&id) {
            self.missing_names.insert(id);
        }
    }

    /// Remembers whether someone is there.
    pub(in crate::app) fn set_presence(&mut self, id: UserId, presence: Presence) {
        self.presence.insert(id, presence);
    }

    /// Nobody knows who is there while the link is down.
    pub(in crate::app) fn clear_presence(&mut self) {
        for presence in self.presence.values_mut() {
            presence.availability = Availability::Unknown;
        }
        self.lag_ms = None;
    }

    /// Takes what the server says of itself and of this account.
    pub(in crate::app) fn welcome(&mut self, welcome: &Welcome, now: UnixMillis) {
        self.link = LinkState::Ready;
        self.me = Some(welcome.user.clone());
        self.connection = Some(welcome.connection);
        self.epoch = Some(welcome.epoch.clone());
        self.clock_offset_ms = welcome.now.0.saturating_sub(now.0);
        self.account = welcome.account.head;
        self.limits = welcome.limits.clone();
        self.service = welcome.service;
        self.add_users(&welcome.account.users);
        self.add_users(std::slice::from_ref(&welcome.user));
    }
}
