//! The inputs of a link: the server, the sign-in, and the commands. Must not know how they are carried out.

use std::path::PathBuf;
use std::sync::Arc;

use chat_proto::client_frame::{Auth, Resume, Subscription};
use chat_proto::request::Request;

use super::policy::Policy;
use crate::net::address::ServerAddress;

/// Makes the server reachable before a try: starts the user's own server if it does not run. Skipped while a server
/// that was stopped on purpose is away.
pub type Prepare = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Returns where the server is at this moment, if it may be elsewhere than before: the user's own server tells in its data
/// folder. Asked before each try, after the server was prepared.
pub type Locate = Arc<dyn Fn() -> Option<ServerAddress> + Send + Sync>;

/// A server, a sign-in, and how to keep the link to it.
#[derive(Clone)]
pub struct LinkOptions {
    /// The server.
    pub address: ServerAddress,
    /// The sign-in; `None` if there is none yet.
    pub(super) auth: Option<Auth>,
    /// The certificates that are trusted instead of the system's.
    pub(super) ca_file: Option<PathBuf>,
    pub(super) prepare: Prepare,
    pub(super) locate: Option<Locate>,
    pub(super) subscription: Subscription,
    /// Whether this connection makes the user appear online.
    pub(super) has_presence: bool,
    pub(super) policy: Policy,
}

impl LinkOptions {
    /// For the screen: all rooms are pushed, the user appears online, and the link is kept for as long as it lives. Without a
    /// sign-in it finds the server, and waits for [`LinkCommand::SignIn`].
    pub fn screen(address: ServerAddress, auth: Option<Auth>, prepare: Prepare) -> Self {
        let subscription = Subscription::All;
        Self { subscription, has_presence: true, policy: Policy::Screen, ..Self::unsigned(address, auth, prepare) }
    }

    /// For a command that asks and ends: nothing is pushed.
    pub fn one_shot(address: ServerAddress, auth: Auth, prepare: Prepare) -> Self {
        Self::unsigned(address, Some(auth), prepare)
    }

    fn unsigned(address: ServerAddress, auth: Option<Auth>, prepare: Prepare) -> Self {
        Self {
            address,
            auth,
            ca_file: None,
            prepare,
            locate: None,
            subscription: Subscription::None,
            has_presence: false,
            policy: Policy::OneShot,
        }
    }

    /// For a command that follows rooms: they are subscribed to one by one, and the link is made again when it breaks.
    pub fn follow(address: ServerAddress, auth: Auth) -> Self {
        Self { policy: Policy::Follow, ..Self::one_shot(address, auth, Arc::new(|| Ok(()))) }
    }

    /// The same for a server that may move.
    #[must_use]
    pub fn located_by(self, locate: Option<Locate>) -> Self {
        Self { locate, ..self }
    }

    /// Whether the server is the user's own, which may move.
    pub fn is_own(&self) -> bool {
        self.locate.is_some()
    }

    /// The same link, which trusts the certificates in this file instead of the system's.
    #[must_use]
    pub fn trusting(self, ca_file: Option<PathBuf>) -> Self {
        Self { ca_file, ..self }
    }
}

impl std::fmt::Debug for LinkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkOptions")
            .field("address", &self.address)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// A command to a link.
#[derive(Debug)]
pub enum LinkCommand {
    /// Sends `hello`, resuming if something is known. Expected once the socket is open.
    Hello(Option<Resume>),
    /// Asks the server.
    Ask {
        /// Comes back with the answer.
        ask: u64,
        /// The request.
        request: Request,
    },
    /// Tries now instead of after the pause.
    Retry,
    /// Tries once to sign in like this. If it succeeds, the link goes on with the token that the server has made.
    SignIn(Auth),
}
