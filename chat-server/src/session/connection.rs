//! A connection: from `hello` on it reads frames and queues answers.

use std::sync::Arc;

use chat_proto::client_frame::ClientFrame;
use chat_proto::codec::{self, DecodeError};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{ConnectionId, RequestId, RoomId, SessionId, UserId};
use chat_proto::request::{Post, Request};
use chat_proto::server_frame::ErrorFrame;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::time::Instant;

use super::app::App;
use super::chain::ChainState;
use super::error::{Refusal, auth_required, to_wire};
use super::handlers::post::Checked;
use super::{dispatch, handlers, hello};
use crate::access::{Caller, Decision, Origin, ServerAction, ServerRefusal, ServerRole, on_server};
use crate::send_queue::SendQueue;

/// Posts under way of one connection; it is not read from while it has so many.
const POSTS_UNDER_WAY: usize = 128;

/// What came over a connection.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message, which this protocol does not know.
    Binary,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub caller: Caller,
    pub user: UserId,
    pub sign_in: Option<SessionId>,
    /// Whether limits for users of this machine hold.
    pub is_local: bool,
    pub has_presence: bool,
}

struct FinishedPost {
    id: RequestId,
    /// Where it was posted, and its text's hash where repeats are counted; none where it was refused before that.
    post: Option<(RoomId, Option<u64>)>,
    result: Result<chat_proto::request::Posted, Refusal>,
}

/// One connection.
pub struct Connection {
    pub(super) app: Arc<App>,
    pub(super) origin: Origin,
    pub(super) id: ConnectionId,
    pub(super) send_queue: SendQueue,
    pub(super) identity: Option<Identity>,
    /// Rooms whose events are pushed here.
    pub(super) subscriptions: Vec<RoomId>,
    chain: ChainState,
    posts: FuturesOrdered<BoxFuture<'static, FinishedPost>>,
}

impl Connection {
    /// A connection that waits for `hello`.
    pub fn new(app: Arc<App>, origin: Origin, send_queue: SendQueue) -> Self {
        let id = app.next_connection();
        Self {
            app,
            origin,
            id,
            send_queue,
            identity: None,
            subscriptions: Vec::new(),
            chain: ChainState::default(),
            posts: FuturesOrdered::new(),
        }
    }

    /// This connection's share of a span over which all shall be spread.
    pub fn share_of(&self, span: u64) -> u64 {
        // Neighbours in number lie far apart.
        self.id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) % span.max(1)
    }

    /// Whether someone is signed in.
    pub fn is_signed_in(&self) -> bool {
        self.identity.is_some()
    }

    /// Whether more may be read: not while too many posts are under way.
    pub fn is_ready(&self) -> bool {
        self.posts.len() < POSTS_UNDER_WAY
    }

    /// Whether posts are under way.
    pub fn has_posts(&self) -> bool {
        !self.posts.is_empty()
    }

    /// Waits for the next post under way and queues its answer; waits for ever where none is.
    pub async fn finish_next_post(&mut self) {
        match self.posts.next().await {
            Some(finished) => self.finish_post(finished),
            None => std::future::pending().await,
        }
    }

    fn finish_post(&mut self, finished: FinishedPost) {
        match finished.result {
            Ok(posted) => {
                self.send_queue.answer(codec::encode_ok::<Post>(finished.id, &posted));
                if let Some((room, _)) = finished.post.filter(|_| !posted.duplicate) {
                    self.app.typing.posted(room, self.id, self.app.now());
                }
            }
            Err(refusal) => {
                if let (Some(identity), Some((_, Some(text_hash)))) = (&self.identity, finished.post) {
                    // What was refused was never said.
                    self.app.limiter.forget_post(identity.user, text_hash);
                }
                self.refuse(Some(finished.id), to_wire(refusal));
            }
        }
    }

    /// Takes what came and queues its answer. Nothing is taken from a connection that is to be closed.
    pub async fn take(&mut self, incoming: Incoming<'_>) {
        if self.send_queue.closing().is_some() {
            return;
        }
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Binary => {
                let error = ErrorBody::new(ErrorCode::BadFrame, "Frames are text messages, not binary ones.");
                return self.refuse(None, error);
            }
        };
        match codec::decode_client(text) {
            Err(DecodeError { id, error }) => {
                let is_strange = !self.is_signed_in() && error.code != ErrorCode::BadFrame;
                let error = if is_strange && !codec::is_hello(text) { auth_required() } else { error };
                self.misread(id, text, error).await;
            }
            Ok(ClientFrame::Hello(hello)) => self.hello(hello).await,
            Ok(ClientFrame::Request { id, request }) => match self.admitted(&request) {
                Err(error) => self.refuse(Some(id), error),
                Ok(identity) => {
                    if shows_a_person(&request) {
                        self.app.presence.used(identity.user, self.id);
                    }
                    self.request(identity, id, request).await;
                }
            },
        }
    }

    /// Asks the server's access table; whoever is signed out is anonymous.
    fn admitted(&self, request: &Request) -> Result<Identity, ErrorBody> {
        let role = self.identity.as_ref().map_or(ServerRole::Anonymous, |identity| identity.caller.role());
        match (on_server(role, ServerAction::of(request)), &self.identity) {
            (Decision::Allowed, Some(identity)) => Ok(identity.clone()),
            (Decision::Hidden, _) => Err(to_wire(Refusal::not_found())),
            (Decision::Refused(ServerRefusal::SignedOut), _) | (Decision::Allowed, None) => Err(auth_required()),
        }
    }

    async fn hello(&mut self, hello: chat_proto::client_frame::Hello) {
        if self.is_signed_in() {
            return self.refuse(None, ErrorBody::new(ErrorCode::BadRequest, "This connection is signed in already."));
        }
        if let Err(refusal) = Box::pin(hello::greet(self, hello)).await {
            self.refuse(None, to_wire(refusal));
        }
    }

    async fn request(&mut self, identity: Identity, id: RequestId, request: Request) {
        if let Request::Post(post) = request {
            return self.begin_post(&identity, id, post).await;
        }
        // Answers to what writes come in order: posts before this request are answered first.
        while !self.posts.is_empty() && writes(&request) {
            self.finish_next_post().await;
        }
        let (what, since) = (request.type_tag(), Instant::now());
        if let Err(refusal) = Box::pin(dispatch::serve(self, &identity, id, request)).await {
            self.refuse(Some(id), to_wire(refusal));
        }
        let elapsed_us = since.elapsed().as_micros();
        tracing::debug!(connection = %self.id, user = %identity.user, what, elapsed_us, "served");
    }

    /// A frame could not be read: its refusal stands in order, and a post breaks its chain.
    async fn misread(&mut self, id: Option<RequestId>, text: &str, error: ErrorBody) {
        match (id, codec::chain_of_post(text)) {
            (Some(id), Some(chain)) if self.is_signed_in() => {
                let error = match self.chain.enter(chain) {
                    Err(broken) => broken,
                    Ok(link) => {
                        if let Some(link) = link {
                            link.break_chain();
                        }
                        error
                    }
                };
                self.refuse_in_order(id, error.into());
            }
            _ => {
                while !self.posts.is_empty() {
                    self.finish_next_post().await;
                }
                self.refuse(id, error);
            }
        }
    }

    async fn begin_post(&mut self, identity: &Identity, id: RequestId, post: Post) {
        let chain = match self.chain.enter(post.chain) {
            Ok(chain) => chain,
            Err(error) => return self.refuse_in_order(id, error.into()),
        };
        let room = post.room;
        match handlers::post::check(&self.app, identity, &post).await {
            Err(refusal) => {
                if let Some(chain) = chain {
                    chain.break_chain();
                }
                self.refuse_in_order(id, refusal);
            }
            Ok(Checked { mentions, text_hash }) => {
                let posting = self.app.rooms.begin_post(&identity.caller, post, mentions, chain).await;
                self.posts.push_back(Box::pin(async move {
                    let result = posting.await.map_err(Refusal::from);
                    FinishedPost { id, post: Some((room, text_hash)), result }
                }));
            }
        }
    }

    /// A refusal takes its place among the answers to posts before it.
    fn refuse_in_order(&mut self, id: RequestId, refusal: Refusal) {
        let finished = FinishedPost { id, post: None, result: Err(refusal) };
        self.posts.push_back(Box::pin(std::future::ready(finished)));
    }

    pub(super) fn refuse(&self, id: Option<RequestId>, error: ErrorBody) {
        tracing::debug!(connection = %self.id, code = ?error.code, "refused");
        self.send_queue.answer(codec::encode(&ErrorFrame { id, error }));
    }

    /// Starts pushing a room's events here.
    pub(super) async fn subscribe(&mut self, caller: &Caller, room: RoomId) -> Result<chat_proto::ids::Seq, Refusal> {
        let head = self.app.rooms.subscribe(caller, room, self.id, &self.send_queue).await?;
        if !self.subscriptions.contains(&room) {
            self.subscriptions.push(room);
        }
        Ok(head)
    }

    /// The connection has ended: everyone forgets it.
    pub async fn end(mut self) {
        self.send_queue.end();
        // What was accepted is kept; only nobody is answered.
        self.posts = FuturesOrdered::new();
        for typing in self.app.typing.disconnected(self.id, self.app.now()) {
            self.app.rooms.transient(typing.room, codec::encode(&typing), Some(self.id));
        }
        if let Some(identity) = &self.identity {
            self.app.connections.disconnected(identity.user, self.id);
            if identity.has_presence {
                self.app.presence.disconnected(identity.user, self.id);
            }
            tracing::info!(connection = %self.id, user = %identity.user, "signed off");
        }
        for room in std::mem::take(&mut self.subscriptions) {
            self.app.rooms.unsubscribe(room, self.id).await;
        }
    }
}

/// Whether a request shows that someone is at the keyboard; what programs ask by themselves does not.
fn shows_a_person(request: &Request) -> bool {
    matches!(
        request,
        Request::Post(_) | Request::Edit(_) | Request::Delete(_) | Request::Read(_) | Request::SetTyping(_)
    )
}

/// Whether a request changes something, so that its answer stands in order with those to posts.
fn writes(request: &Request) -> bool {
    !matches!(request, Request::Ping(_) | Request::SetTyping(_) | Request::SetActivity(_) | Request::Users(_))
}
