//! `chat send ROOM --stream`: posts each line of standard input, many at once, in order. Must not know how lines are read.
//!
//! The posts form a chain: after refusing one, the server refuses all that follow, so that none overtakes. Posts that
//! were refused for a while, or were in flight when the connection broke, are sent again in order with their old keys
//! as a new chain; so each line is stored once. Stored posts are acknowledged before the stream ends for any reason.

use std::collections::VecDeque;
use std::time::Duration;

use chat_proto::client_frame::Auth;
use chat_proto::error::ErrorBody;
use chat_proto::ids::RoomId;
use chat_proto::request::{Chain, Post, Posted};
use tokio::time::Instant;

use super::posting::{PAUSE_REPORTED, REFUSED_MAX, pause_after, print_posted};
use super::send_args::SendArgs;
use super::stream_lines::StreamLines;
use crate::argument;
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::post_pacer::PostPacer;
use crate::cli::session::CliSession;
use crate::cli::stdin_text;
use crate::cli::voice::clause;
use crate::link_event::CallError;
use crate::net::{PendingAnswer, ServerAddress};

/// The most posts in flight.
const WINDOW: usize = 64;
/// The stream ends after this many connections without an accepted post.
const RECONNECTS_MAX: u32 = 10;

struct InFlight {
    post: Post,
    answer: PendingAnswer<Post>,
}

struct Stream<'a> {
    args: &'a SendArgs,
    context: &'a Context,
    /// The server and the account; the same after a reconnect, even if another server has appeared meanwhile.
    address: ServerAddress,
    auth: Auth,
    session: CliSession,
    room: RoomId,
    pacer: PostPacer,
    /// Posts to send, the next one first: the line just read, or posts to send again.
    unsent: VecDeque<Post>,
    /// Posts without an answer, in the order they were sent.
    in_flight: VecDeque<InFlight>,
    /// Whether the next post starts a chain.
    is_chain_new: bool,
    /// The number of posts made from lines.
    posts: usize,
    refused_since: Option<Instant>,
    has_announced_wait: bool,
    /// Connections since a post was accepted.
    reconnects: u32,
}

pub(super) async fn run(args: &SendArgs, context: &Context) -> Result<(), CliError> {
    let mut stream = Stream::connect(args, context).await?;
    let mut lines = StreamLines::new();
    let mut ended: Option<Result<(), CliError>> = None;
    loop {
        let is_idle = stream.unsent.is_empty() && stream.in_flight.is_empty();
        if is_idle && let Some(result) = ended {
            return result;
        }
        let next_at = stream.pacer.next_at(Instant::now());
        tokio::select! {
            line = lines.next(), if ended.is_none() && stream.unsent.is_empty() => {
                // Bad input ends the stream after the posts in flight are acknowledged.
                match line.and_then(|line| line.map(|line| stream.queue(&line, lines.number())).transpose()) {
                    Ok(Some(())) => {}
                    Ok(None) => ended = Some(Ok(())),
                    Err(error) => ended = Some(Err(error)),
                }
            },
            () = tokio::time::sleep_until(next_at), if stream.may_send() => stream.send_next(),
            answer = first_answer(&mut stream.in_flight), if !stream.in_flight.is_empty() => stream.on_answer(answer).await?,
        }
    }
}

async fn first_answer(in_flight: &mut VecDeque<InFlight>) -> Result<Posted, CallError> {
    let front = in_flight.front_mut().expect("invariant: polled only while posts are in flight");
    (&mut front.answer).await
}

impl<'a> Stream<'a> {
    async fn connect(args: &'a SendArgs, context: &'a Context) -> Result<Self, CliError> {
        let address = context.address().await?;
        let auth = context.auth(&address).await?;
        let mut session = context.connect_as(address.clone(), auth.clone()).await?;
        let room = session.room(&args.room).await?;
        let pacer = PostPacer::new(&session.welcome.limits, Instant::now());
        Ok(Self {
            args,
            context,
            address,
            auth,
            session,
            room,
            pacer,
            unsent: VecDeque::new(),
            in_flight: VecDeque::new(),
            is_chain_new: true,
            posts: 0,
            refused_since: None,
            has_announced_wait: false,
            reconnects: 0,
        })
    }

    /// Queues the posts of a line; none for a blank line.
    fn queue(&mut self, line: &[u8], number: u64) -> Result<(), CliError> {
        let at_line = |error: CliError| error.with_message(|message| format!("line {number}: {message}"));
        let text = stdin_text::clean(line).map_err(at_line)?;
        if text.trim().is_empty() {
            return Ok(());
        }
        for part in stdin_text::fit(&text, self.args.fit(), &self.session.welcome.limits).map_err(at_line)? {
            let body = argument::text("message", &part).map_err(|error| at_line(CliError::usage(error)))?;
            let key = self.args.key(self.posts)?;
            self.posts += 1;
            let life = self.args.life();
            self.unsent.push_back(Post { room: self.room, key, body, life, code: None, reply_to: None, chain: None });
        }
        Ok(())
    }

    fn may_send(&self) -> bool {
        !self.unsent.is_empty() && self.in_flight.len() < WINDOW
    }

    fn send_next(&mut self) {
        let Some(mut post) = self.unsent.pop_front() else { return };
        post.chain = Some(if std::mem::take(&mut self.is_chain_new) { Chain::Restart } else { Chain::Continue });
        self.pacer.take(Instant::now());
        let answer = self.session.client.start(&post);
        self.in_flight.push_back(InFlight { post, answer });
    }

    async fn on_answer(&mut self, answer: Result<Posted, CallError>) -> Result<(), CliError> {
        match answer {
            Ok(posted) => self.acknowledge(&posted),
            Err(CallError::Refused(refusal)) if refusal.retryable => {
                self.requeue_in_flight().await;
                self.back_off(refusal)
            }
            Err(error @ (CallError::Disconnected | CallError::Unanswered { .. })) => {
                self.requeue_in_flight().await;
                self.context.output.info(&format!("disconnected ({error}); trying to connect again"));
                self.reconnect().await
            }
            // The server has refused the posts behind it as well: nothing more is stored.
            Err(error) => Err(error.into()),
        }
    }

    fn acknowledge(&mut self, posted: &Posted) -> Result<(), CliError> {
        let front = self.in_flight.pop_front().expect("invariant: an answer belongs to a post in flight");
        (self.refused_since, self.reconnects) = (None, 0);
        print_posted(self.context, &mut self.session, &front.post, posted)
    }

    /// Queues all posts in flight again. Waits for their answers first, so that the old chain has ended when the new one
    /// starts; the answers themselves come again under the same keys.
    async fn requeue_in_flight(&mut self) {
        for (index, mut post) in std::mem::take(&mut self.in_flight).into_iter().enumerate() {
            // The first answer has been taken already.
            if index > 0 {
                drop((&mut post.answer).await);
            }
            self.unsent.insert(index, post.post);
        }
        self.is_chain_new = true;
    }

    fn back_off(&mut self, refusal: ErrorBody) -> Result<(), CliError> {
        let now = Instant::now();
        let since = *self.refused_since.get_or_insert(now);
        if now - since > REFUSED_MAX {
            return Err(self.unacknowledged(refusal.into()));
        }
        let pause = pause_after(&refusal);
        let is_long = now - since + pause >= PAUSE_REPORTED && !std::mem::replace(&mut self.has_announced_wait, true);
        if is_long || self.context.globals.verbose > 0 {
            self.context.output.info(&format!("waiting {} ms: {}", pause.as_millis(), clause(&refusal.message)));
        }
        self.pacer.hold(pause, now);
        Ok(())
    }

    /// Connects to the same server again: tries for five seconds, and starts the user's own server if it does not run.
    /// Goes on if a server just started ends again, or if the old one still holds the data.
    async fn reconnect(&mut self) -> Result<(), CliError> {
        let broken = CliError::unreachable("the connection to the server keeps breaking");
        self.reconnects += 1;
        if self.reconnects > RECONNECTS_MAX {
            return Err(self.unacknowledged(broken));
        }
        let (address, auth) = (self.address.clone(), self.auth.clone());
        self.session = self.context.connect_as(address, auth).await.map_err(|error| self.unacknowledged(error))?;
        // The room's id changes if the server's data is replaced.
        match self.session.room(&self.args.room).await {
            Ok(room) => self.room = room,
            // The connection broke again; the next post finds out and counts it.
            Err(CliError::Failed { exit: Exit::Unreachable, .. }) => return Ok(()),
            Err(error) => return Err(self.unacknowledged(error)),
        }
        self.unsent.iter_mut().for_each(|post| post.room = self.room);
        self.pacer = PostPacer::new(&self.session.welcome.limits, Instant::now());
        // The server limits the account, not the connection: assume that the burst is used up.
        self.pacer.hold(Duration::ZERO, Instant::now());
        Ok(())
    }

    fn unacknowledged(&self, error: CliError) -> CliError {
        let count = self.unsent.len() + self.in_flight.len();
        let with_advice = |message: &str| {
            format!(
                "{message}\n{count} messages were not acknowledged, and nothing after them was sent; use --key K to send the whole input again safely"
            )
        };
        match error {
            CliError::Failed { exit: Exit::Unreachable | Exit::RateLimited | Exit::Failed, .. } => {
                error.with_message(with_advice)
            }
            other => other,
        }
    }
}
