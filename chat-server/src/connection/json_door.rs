//! The JSON door: decodes frames, calls the core, and encodes answers and pushes. No other file in `connection` encodes or
//! decodes frames. Must not know how frames travel.

use std::sync::Arc;

use bytes::Bytes;
use chat_proto::client_frame::{ClientFrame, Hello};
use chat_proto::codec::{self, DecodeError};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::RequestId;
use chat_proto::request::{Post, Posted, Request};
use chat_proto::server_frame::{ErrorFrame, Goodbye, GoodbyeReason};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, debug_span, info_span};

use super::error::Refusal;
use super::hello::Arrival;
use super::row::Row;
use super::signed_in::Connection;
use crate::access::Origin;
use crate::push::PushEvent;
use crate::send_queue::{Frame, SendQueue};
use crate::server::Server;

/// Posts in flight of one connection; with so many it is not read from.
const POSTS_MAX: usize = 128;

struct FinishedPost {
    id: RequestId,
    result: Result<Posted, Refusal>,
}

/// One connection that speaks JSON. Answers and pushes leave by its send queue.
pub struct JsonDoor {
    server: Arc<Server>,
    arrival: Arrival,
    /// `None` until a `hello` succeeds.
    connection: Option<Connection>,
    posts: FuturesOrdered<BoxFuture<'static, FinishedPost>>,
    /// Names the connection and, once signed in, the account, in every line of the log that its frames cause. Writing
    /// pushes happens outside it: it would cost each delivery.
    span: Span,
}

impl JsonDoor {
    /// A door that waits for `hello`.
    pub fn new(server: Arc<Server>, origin: Origin, send_queue: SendQueue) -> Self {
        let arrival = Arrival { origin, id: server.next_connection(), send_queue };
        let span = info_span!("connection", id = %arrival.id, peer = Empty, user = Empty);
        if server.adjustable().logs_peers {
            span.record("peer", tracing::field::display(origin));
        }
        Self { server, arrival, connection: None, posts: FuturesOrdered::new(), span }
    }

    /// This connection's share of a span over which all connections are spread.
    pub fn share_of(&self, span: u64) -> u64 {
        // Neighbouring ids get distant shares.
        self.arrival.id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) % span.max(1)
    }

    /// Whether someone is signed in.
    pub fn is_signed_in(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether more may be read: not while too many posts are in flight.
    pub fn is_ready(&self) -> bool {
        self.posts.len() < POSTS_MAX
    }

    /// Queues the answers of all posts in flight, in order, as they come.
    pub async fn finish_posts(&mut self) {
        while !self.posts.is_empty() {
            self.finish_next_post().await;
        }
    }

    /// Waits for the oldest post in flight and queues its answer; waits for ever if there is none.
    pub async fn finish_next_post(&mut self) {
        let Some(FinishedPost { id, result }) = self.posts.next().await else { return std::future::pending().await };
        match result {
            Ok(posted) => self.arrival.send_queue.answer(codec::encode_ok::<Post>(id, &posted)),
            Err(refusal) => self.refuse_request(id, "post", refusal),
        }
    }

    /// Takes a frame and queues its answer. Nothing is taken from a connection that is about to be closed.
    pub async fn take(&mut self, text: &str) {
        let span = self.span.clone();
        if self.arrival.send_queue.closing().is_none() {
            self.take_frame(text).instrument(span).await;
        }
    }

    /// Refuses something that cannot hold a frame.
    pub fn refuse_unreadable(&self, message: &str) {
        if self.arrival.send_queue.closing().is_none() {
            self.span.in_scope(|| self.refuse(None, ErrorBody::new(ErrorCode::BadFrame, message)));
        }
    }

    async fn take_frame(&mut self, text: &str) {
        match codec::decode_client(text) {
            Err(DecodeError { id, error }) => self.misread(id, text, error).await,
            Ok(ClientFrame::Hello(hello)) => self.hello(hello).await,
            Ok(ClientFrame::Request { id, request: Request::Post(post) }) => self.begin_post(id, post).await,
            Ok(ClientFrame::Request { id, request }) => self.request(id, request).await,
        }
    }

    async fn hello(&mut self, hello: Hello) {
        if self.is_signed_in() {
            return self.refuse(None, ErrorBody::new(ErrorCode::BadRequest, "This connection is signed in already."));
        }
        match Box::pin(Connection::open(&self.server, &self.arrival, hello)).await {
            Ok((connection, welcome)) => {
                self.arrival.send_queue.answer(codec::encode(&Box::new(welcome)));
                self.connection = Some(connection);
            }
            Err(refusal) => {
                let error = ErrorBody::from(refusal);
                // For programs that ban addresses; it is of no use without one.
                if error.code == ErrorCode::AuthFailed && self.server.adjustable().logs_peers {
                    tracing::info!("sign-in refused");
                }
                self.refuse(None, error);
            }
        }
    }

    async fn request(&mut self, id: RequestId, request: Request) {
        if Row::of(&request).is_ordered {
            self.finish_posts().await;
        }
        let kind = request.type_tag();
        let Some(connection) = &self.connection else { return self.refuse_request(id, kind, Refusal::SignedOut) };
        let since = Instant::now();
        let span = debug_span!("request", id = id.0, kind);
        let answer = Box::pin(connection.call(request)).instrument(span.clone()).await;
        span.in_scope(|| tracing::debug!(elapsed_us = since.elapsed().as_micros(), is_ok = answer.is_ok(), "served"));
        match answer {
            Ok(answer) => self.arrival.send_queue.answer(codec::encode_answer(id, &answer)),
            Err(refusal) => self.refuse_request(id, kind, refusal),
        }
    }

    async fn begin_post(&mut self, id: RequestId, post: Post) {
        if self.connection.as_mut().is_some_and(|connection| connection.waits_for_posts(&post)) {
            self.finish_posts().await;
        }
        let Some(connection) = &mut self.connection else {
            return self.refuse_request(id, "post", Refusal::SignedOut);
        };
        let span = debug_span!("request", id = id.0, kind = "post");
        let (since, room, bytes) = (Instant::now(), post.room, post.body.as_str().len());
        let answer = connection.begin_post(post).instrument(span.clone()).await;
        let finished = async move {
            let result = answer.await;
            if let Ok(Posted { seq, .. }) = &result {
                // Never the text.
                tracing::debug!(%room, seq = seq.0, bytes, elapsed_us = since.elapsed().as_micros(), "posted");
            }
            FinishedPost { id, result }
        };
        self.posts.push_back(Box::pin(finished.instrument(span)));
    }

    /// Refuses a frame that could not be read, in order; a post breaks its chain.
    async fn misread(&mut self, id: Option<RequestId>, text: &str, error: ErrorBody) {
        let Some(connection) = &mut self.connection else {
            let is_strange = error.code != ErrorCode::BadFrame && !codec::is_hello(text);
            return self.refuse(id, if is_strange { Refusal::SignedOut.into() } else { error });
        };
        if let (Some(id), Some(chain)) = (id, codec::chain_of_post(text)) {
            let refusal = connection.skip_post(chain).map_or_else(Refusal::from, |()| error.into());
            // Behind the answers to the posts before it.
            self.posts.push_back(Box::pin(std::future::ready(FinishedPost { id, result: Err(refusal) })));
        } else {
            self.finish_posts().await;
            self.refuse(id, error);
        }
    }

    /// Refuses a request. The line of the log, if the fault is ours, names the connection, the account and the request;
    /// a span for each request that succeeds would cost more than the request.
    fn refuse_request(&self, id: RequestId, kind: &'static str, refusal: Refusal) {
        self.span.in_scope(|| {
            let request = info_span!("request", id = id.0, kind);
            request.in_scope(|| self.refuse(Some(id), refusal.into()));
        });
    }

    fn refuse(&self, id: Option<RequestId>, error: ErrorBody) {
        tracing::debug!(code = ?error.code, "refused");
        self.arrival.send_queue.answer(codec::encode(&ErrorFrame { id, error }));
    }

    /// The frame for an error that no request caused.
    pub fn error(error: ErrorBody) -> Frame {
        Frame::Answer(codec::encode(&ErrorFrame { id: None, error }))
    }

    /// The last frame of a connection that the server ends.
    pub fn goodbye(reason: GoodbyeReason, reconnect_after_ms: Option<u64>) -> Frame {
        Frame::Answer(codec::encode(&Goodbye { reason, reconnect_after_ms }))
    }

    /// Ends the connection: everyone forgets it. Accepted posts are kept, but nobody is answered.
    pub async fn end(mut self) {
        self.arrival.send_queue.end();
        self.posts = FuturesOrdered::new();
        if let Some(connection) = self.connection.take() {
            connection.close().instrument(self.span).await;
        }
    }
}

/// A frame's bytes. A push is encoded by the first connection that sends it, for all of them.
impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Answer(bytes) => bytes,
            Self::Push(push) => push.encoded(encode),
        }
    }
}

fn encode(event: &PushEvent) -> Bytes {
    match event {
        PushEvent::Event(event) => codec::encode(event),
        PushEvent::Gap(gap) => codec::encode(gap),
        PushEvent::Typing(typing) => codec::encode(typing),
        PushEvent::Presence(presence) => codec::encode(presence),
        PushEvent::Counts(counts) => codec::encode(counts),
        PushEvent::Trending(trending) => codec::encode(trending),
        PushEvent::Account(event) => codec::encode(event),
        PushEvent::Service(service) => codec::encode(service),
    }
}
