//! A signed-in connection, whatever its door: opened by a `hello`, it serves requests and is fed with pushes until it is
//! closed. Must not know how frames travel or how they are encoded.

use std::sync::Arc;

use chat_proto::client_frame::{Hello, Resume, Subscription};
use chat_proto::request::{Answer, Chain, Post, Posted, Request};
use chat_proto::server_frame::Welcome;

use super::account_snapshot::account_snapshot;
use super::call::{begin_post, call};
use super::chain::{ChainLink, ChainState};
use super::error::Refusal;
use super::hello::{self, Arrival};
use super::sign_in::{SignedIn, sign_in};
use crate::access::{Caller, RoomAction};
use crate::account::Device;
use crate::push::Push;
use crate::room::RoomError;
use crate::server::{Recall, Server};

/// A signed-in connection. Dropped without [`close`](Self::close), it is signed off all the same, but its rooms notice
/// only with their next event.
pub struct Connection {
    server: Arc<Server>,
    device: Device,
    has_presence: bool,
    is_signed_off: bool,
    chain: ChainState,
}

impl Connection {
    /// Signs in and starts pushing to the arrival's queue. A refused `hello` leaves no connection and no sign-in behind; an
    /// account that it made remains.
    ///
    /// # Errors
    /// The [`Refusal`]; another `hello` may follow over the same arrival.
    pub async fn open(server: &Arc<Server>, arrival: &Arrival, hello: Hello) -> Result<(Self, Welcome), Refusal> {
        hello::check(&hello)?;
        let Hello { client, auth, subscribe, presence: has_presence, resume, version: _ } = hello;
        let signed_in = sign_in(server, arrival.origin, auth).await?;
        let new_sign_in = signed_in.token.as_ref().and(signed_in.credential.sign_in());
        let opened = Self::enter(server, arrival, (signed_in, has_presence), (subscribe, resume)).await;
        match (&opened, new_sign_in) {
            (Ok((connection, _)), _) => {
                tracing::Span::current().record("user", tracing::field::display(connection.device.caller.user()));
                // The name may hold anything that steers a terminal or hides in it.
                tracing::info!(client = %client.name.escape_default(), "signed in");
            }
            // Its token never left the server.
            (Err(_), Some(sign_in)) => drop(server.store.revoke_sign_in(sign_in).await),
            (Err(_), None) => {}
        }
        opened
    }

    /// Enters a caller who has signed in among the account's devices.
    async fn enter(
        server: &Arc<Server>,
        arrival: &Arrival,
        (signed_in, has_presence): (SignedIn, bool),
        (subscribe, resume): (Subscription, Option<Resume>),
    ) -> Result<(Self, Welcome), Refusal> {
        let follows_all = matches!(subscribe, Subscription::All);
        let device = hello::connect(server, arrival, &signed_in, follows_all).await?;
        let mut connection = Self {
            server: Arc::clone(server),
            device,
            has_presence,
            is_signed_off: false,
            chain: ChainState::new(arrival.id),
        };
        match connection.greet(signed_in, subscribe, resume).await {
            Ok(welcome) => Ok((connection, welcome)),
            Err(refusal) => {
                connection.leave().await;
                arrival.send_queue.forget_pushes();
                Err(refusal)
            }
        }
    }

    async fn greet(
        &self,
        signed_in: SignedIn,
        subscribe: Subscription,
        resume: Option<Resume>,
    ) -> Result<Welcome, Refusal> {
        let (server, device) = (&self.server, &self.device);
        let rates = Recall::begin(server, &device.caller);
        // Before the account is read: changes in between are pushed, and harmless twice.
        hello::subscribe(server, device, subscribe).await?;
        let resumed = hello::resume(server, &device.caller, resume).await;
        let account = if self.has_presence {
            hello::appear(server, device, &signed_in.account).await?
        } else {
            account_snapshot(server, signed_in.account.id).await?
        };
        if let Some(rates) = rates {
            rates.finish(server).await;
        }
        Ok(hello::welcome(server, device, signed_in, account, resumed))
    }

    /// Who asks over it.
    pub fn caller(&self) -> &Caller {
        &self.device.caller
    }

    /// Serves one request.
    ///
    /// # Errors
    /// The [`Refusal`]; nothing has changed then.
    pub async fn call(&self, request: Request) -> Result<Answer, Refusal> {
        call(&self.server, &self.device.caller, request).await
    }

    /// Whether a post must wait until the answers to all posts in flight are read, since it continues their chain in
    /// another room or with another kind of life. The door asks this before [`begin_post`](Self::begin_post).
    pub fn waits_for_posts(&mut self, post: &Post) -> bool {
        self.chain.changes_route(post)
    }

    /// Hands a post to its room, in the order of the calls, and returns its answer to wait for. The door answers posts in
    /// the order in which they came.
    pub async fn begin_post(&mut self, post: Post) -> impl Future<Output = Result<Posted, Refusal>> + Send + use<> {
        begin_post(&self.server, &self.device.caller, &mut self.chain, post).await
    }

    /// Breaks a chain at the place of a post that could not be read.
    ///
    /// # Errors
    /// [`RoomError::ChainBroken`] if the chain was broken before.
    pub fn skip_post(&mut self, chain: Option<Chain>) -> Result<(), RoomError> {
        self.chain.enter(chain).map(|link| link.iter().for_each(ChainLink::refuse))
    }

    /// Closes the connection: nothing is pushed any more, and everyone forgets it.
    pub async fn close(mut self) {
        self.device.send_queue.end();
        self.leave().await;
        tracing::info!("signed off");
    }

    async fn leave(&mut self) {
        self.sign_off();
        for room in self.device.send_queue.subscriptions() {
            self.server.rooms.forget_connection(room, self.device.connection).await;
        }
    }

    fn sign_off(&mut self) {
        if std::mem::replace(&mut self.is_signed_off, true) {
            return;
        }
        let (server, user, id) = (&self.server, self.device.caller.user(), self.device.connection);
        for typing in server.typing.disconnected(id, server.now()) {
            server.rooms.transient(typing.room, RoomAction::Subscribe, Push::new(typing), Some(id));
        }
        server.connections.disconnected(user, id);
        if self.has_presence {
            server.presence.disconnected(user, id);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.sign_off();
    }
}
