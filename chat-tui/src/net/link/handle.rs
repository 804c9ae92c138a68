//! What a link is told and tells, and the two ends of its channels.

use std::sync::Arc;

use chat_proto::client_frame::{Auth, Resume};
use chat_proto::request::{Answer, Request};
use chat_proto::server_frame::{ServerFrame, Welcome};
use tokio::sync::mpsc;

use super::task::Link;
use crate::net::{Address, CallError};

/// What may wait to be taken by the screen; beyond it the socket is not read, and the server bounds the rest.
const HEARD_MAX: usize = 512;
/// What may wait to be sent.
const TOLD_MAX: usize = 1024;

/// Makes the server reachable before a try; the local server is started so, unless it was stopped on purpose.
pub type Prepare = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Where and as whom.
#[derive(Clone)]
pub struct LinkOptions {
    /// The server.
    pub address: Address,
    /// The sign-in.
    pub auth: Auth,
    /// Called before each try.
    pub prepare: Prepare,
}

impl std::fmt::Debug for LinkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkOptions").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What the link is told.
#[derive(Debug)]
pub enum LinkOrder {
    /// The socket is open: say hello, resuming where something is known.
    Hello(Option<Resume>),
    /// Ask the server.
    Ask {
        /// Comes back with the answer.
        ask: u64,
        /// What.
        request: Request,
    },
    /// Try now instead of after the pause.
    Retry,
}

/// What the link tells.
#[derive(Debug)]
pub enum LinkNews {
    /// A try begins.
    Connecting,
    /// The socket is open: [`LinkOrder::Hello`] is awaited.
    Opened,
    /// In.
    Welcome(Box<Welcome>),
    /// An answer.
    Answer {
        /// To which ask.
        ask: u64,
        /// What.
        result: Box<Result<Answer, CallError>>,
    },
    /// Pushed by the server.
    Push(ServerFrame),
    /// How long the server takes to answer, in milliseconds.
    Lag(u64),
    /// The connection ended, or a try failed; the next one comes by itself.
    Down {
        /// Why, in a sentence.
        reason: String,
        /// When the next try begins, in milliseconds from now.
        retry_in_ms: u64,
    },
    /// The server does not let us in; a person has to do something.
    Denied {
        /// Why, in a sentence.
        reason: String,
    },
}

/// The two ends of a link's channels, for whoever drives the screen.
#[derive(Debug)]
pub struct LinkHandle {
    orders: mpsc::Sender<LinkOrder>,
    news: mpsc::Receiver<LinkNews>,
}

impl LinkHandle {
    /// Starts a link; it ends when the handle is dropped.
    pub fn start(options: LinkOptions) -> Self {
        let (orders, ordered) = mpsc::channel(TOLD_MAX);
        let (told, news) = mpsc::channel(HEARD_MAX);
        tokio::spawn(Link::new(options, told).run(ordered));
        Self { orders, news }
    }

    /// Tells the link to do something; gives it back where it has too much to do.
    ///
    /// # Errors
    /// The order, where the queue is full.
    pub fn order(&self, order: LinkOrder) -> Result<(), LinkOrder> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order) => order,
        })
    }

    /// What the link tells next; none once it has ended.
    pub async fn news(&mut self) -> Option<LinkNews> {
        self.news.recv().await
    }

    /// What the link has told already.
    pub fn news_at_hand(&mut self) -> Option<LinkNews> {
        self.news.try_recv().ok()
    }
}
