//! `chat send ROOM --stream`: each line of standard input is a message; many under way, in one order.
//!
//! The posts form a chain: once the server refuses one, it refuses those behind it too, so that nothing overtakes.
//! A refusal that passes with time is waited out, and the chain begins again with the refused post, under its key.

use std::collections::VecDeque;
use std::time::Duration;

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::{Chain, Post, Posted};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use super::send::{SendArgs, print_posted};
use crate::cli::context::{Context, Session};
use crate::cli::exit::CliError;
use crate::cli::stdin_text::{self, Fit};
use crate::net::{CallError, PendingAnswer};

/// Posts under way at once.
const WINDOW: usize = 64;
/// How long a refusal without a time of its own is waited out.
const PAUSE: Duration = Duration::from_millis(250);
/// After so many refusals of one post in a row the stream gives up.
const TRIES_MAX: u32 = 240;

struct UnderWay {
    post: Post,
    answer: PendingAnswer<Post>,
}

struct Stream<'a> {
    args: &'a SendArgs,
    context: &'a Context,
    session: Session,
    room: chat_proto::ids::RoomId,
    under_way: VecDeque<UnderWay>,
    lines: usize,
}

pub(super) async fn run(args: &SendArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let mut stream = Stream { args, context, session, room, under_way: VecDeque::new(), lines: 0 };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut is_open = true;
    while is_open || !stream.under_way.is_empty() {
        let has_room = is_open && stream.under_way.len() < WINDOW;
        tokio::select! {
            line = read_line(&mut lines), if has_room => match line? {
                Some(line) => stream.send_line(&line)?,
                None => is_open = false,
            },
            answer = front(&mut stream.under_way), if !stream.under_way.is_empty() => stream.settle(answer).await?,
        }
    }
    Ok(())
}

/// The next line; bad UTF-8 ends the stream with an error that says so.
async fn read_line(lines: &mut Lines<BufReader<Stdin>>) -> Result<Option<String>, CliError> {
    lines.next_line().await.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => CliError::usage("the input is not UTF-8 text"),
        _ => error.into(),
    })
}

async fn front(under_way: &mut VecDeque<UnderWay>) -> Result<Posted, CallError> {
    let front = under_way.front_mut().expect("invariant: polled only while something is under way");
    (&mut front.answer).await
}

impl Stream<'_> {
    fn send_line(&mut self, line: &str) -> Result<(), CliError> {
        let text = stdin_text::clean(line.as_bytes())?;
        if text.trim().is_empty() {
            return Ok(());
        }
        for part in stdin_text::fit(&text, Some(Fit::Split))? {
            let body = part.parse().map_err(|error| CliError::usage(format!("line {}: {error}", self.lines + 1)))?;
            let key = self.args.key(self.lines)?;
            let chain = Some(if self.lines == 0 { Chain::Restart } else { Chain::Continue });
            let post = Post { room: self.room, key, body, life: self.args.life(), code: None, reply_to: None, chain };
            self.lines += 1;
            let answer = self.session.client.start(&post);
            self.under_way.push_back(UnderWay { post, answer });
        }
        Ok(())
    }

    async fn settle(&mut self, answer: Result<Posted, CallError>) -> Result<(), CliError> {
        let front = self.under_way.pop_front().expect("invariant: an answer belongs to what is under way");
        match answer {
            Ok(posted) => print_posted(self.context, &mut self.session, &front.post, &posted),
            Err(CallError::Refused(error)) if error.retryable => {
                self.under_way.push_front(front);
                self.restart(error).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits the refusal out and sends all that is under way again, in order, under the same keys.
    async fn restart(&mut self, mut refusal: ErrorBody) -> Result<(), CliError> {
        let mut tries = 0;
        loop {
            tries += 1;
            if tries > TRIES_MAX {
                return Err(refusal.into());
            }
            let pause = refusal.retry_after_ms.map_or(PAUSE, Duration::from_millis);
            self.context.output.talk(&format!("waiting {} ms: {}", pause.as_millis(), refusal.message));
            // What is behind the refused post is refused as well; its answers are waited for, so that nothing of the
            // old chain is under way when the new one begins.
            for broken in self.under_way.iter_mut().skip(1) {
                match (&mut broken.answer).await {
                    Ok(_) => {}
                    Err(CallError::Refused(error)) if error.code == ErrorCode::ChainBroken || error.retryable => {}
                    Err(error) => return Err(error.into()),
                }
            }
            tokio::time::sleep(pause).await;
            for (index, again) in self.under_way.iter_mut().enumerate() {
                again.post.chain = Some(if index == 0 { Chain::Restart } else { Chain::Continue });
                again.answer = self.session.client.start(&again.post);
            }
            match front(&mut self.under_way).await {
                Ok(posted) => {
                    let front = self.under_way.pop_front().expect("invariant: it was just polled");
                    return print_posted(self.context, &mut self.session, &front.post, &posted);
                }
                Err(CallError::Refused(error)) if error.retryable => refusal = error,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
