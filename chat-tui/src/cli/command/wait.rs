//! `chat wait ROOM`: exits at the first message that matches, or after several. Must not know how a room is followed.

use std::collections::BTreeSet;
use std::time::Duration;

use chat_proto::ids::UserId;
use chat_proto::message::Content;
use chat_proto::text::Username;
use clap::Args;
use regex::Regex;
use tokio::time::{Instant, timeout_at};

use super::followed_rooms::{FollowedRooms, TailItem};
use super::item_filter::accounts;
use crate::argument::{RoomRef, SeqRef, duration_ms, duration_text, person_name, whole_number};
use crate::cli::context::Context;
use crate::cli::exit::CliError;

/// A wait without a timeout ends after this long: for ever, in practice.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365 * 30);

/// A server has at least this long to answer, so that a short wait tells a slow server from none.
const START_MIN: Duration = Duration::from_secs(2);

/// The arguments of `wait`.
#[derive(Args, Debug)]
#[command(after_help = "\
Checks messages posted after the start, or after --since: a script that posts a question waits from \
its id. Exits with 0 and prints the message, with 7 at the timeout, or with 3 if the server cannot be \
reached then. Your own messages match, too, unless you say --not-me. A message \
that is edited so that it matches is a match like any other; each message counts once.

Examples:
  chat wait deploy --from ben --timeout 10m
  id=$(chat send deploy 'start?')
  chat wait deploy --match '^yes' --not-me --since \"$id\" --timeout 5m || exit 1")]
pub(in crate::cli) struct WaitArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Match this regular expression, anywhere in the text unless it is anchored. Default: every message.
    #[arg(long = "match", value_name = "RE")]
    pattern: Option<Regex>,
    /// Match only messages of this person; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = person_name)]
    from: Vec<Username>,
    /// Match no message of yours.
    #[arg(long)]
    not_me: bool,
    /// Wait for this many matches, and print each.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole_number(1..=u32::MAX), allow_negative_numbers = true)]
    count: u32,
    /// Check everything after this message: 12 or general/12.
    #[arg(long, value_name = "ID")]
    since: Option<SeqRef>,
    /// Give up after this time: 30s, 5m; a bare number counts seconds.
    #[arg(long, value_name = "TIME", value_parser = duration_ms, allow_hyphen_values = true)]
    timeout: Option<u64>,
}

/// The condition to wait for.
struct Condition<'a> {
    pattern: Option<&'a Regex>,
    authors: Vec<UserId>,
    /// The account whose messages do not match.
    not_by: Option<UserId>,
}

impl Condition<'_> {
    fn matches(&self, followed: &TailItem) -> bool {
        let Content::Message(message) = &followed.item.content else { return false };
        let by = followed.item.by;
        let is_by = self.authors.is_empty() || self.authors.contains(&by);
        let says = self.pattern.is_none_or(|pattern| pattern.is_match(message.body.as_str()));
        !followed.is_from_before && is_by && self.not_by != Some(by) && says
    }
}

pub(super) async fn run(args: &WaitArgs, context: &Context) -> Result<(), CliError> {
    let limit = args.timeout.map_or(NO_LIMIT, Duration::from_millis);
    let end = Instant::now() + limit;
    let within = duration_text(limit.as_millis() as u64);
    let unreachable = || CliError::unreachable(format!("the server could not be reached within {within}"));
    let started = timeout_at(end.max(Instant::now() + START_MIN), start(args, context)).await;
    let (mut tail, condition) = started.unwrap_or_else(|_| Err(unreachable()))?;
    let mut matched = BTreeSet::new();
    while matched.len() < args.count as usize {
        let Ok(followed) = timeout_at(end, tail.next(context)).await else {
            if !tail.is_connected() {
                return Err(unreachable());
            }
            let room = &args.room;
            return Err(CliError::timed_out(match args.count {
                1 => format!("no message in {room} matched within {within}"),
                count => format!("{} of {count} messages in {room} matched within {within}", matched.len()),
            }));
        };
        let followed = followed?;
        // An edited message may match again; it counts once.
        if condition.matches(&followed) && matched.insert(followed.item.seq) {
            // As a message, also if it came by an edit: whoever waits has not seen it before.
            tail.print(context, &TailItem { is_change: false, ..followed }).await?;
        }
    }
    Ok(())
}

async fn start<'a>(args: &'a WaitArgs, context: &Context) -> Result<(FollowedRooms, Condition<'a>), CliError> {
    let mut session = context.connect().await?;
    let authors = accounts(&args.from, &session).await?;
    let not_by = args.not_me.then_some(session.welcome.user.id);
    let tail = FollowedRooms::of_room(context, &mut session, &args.room, args.since.as_ref()).await?;
    Ok((tail, Condition { pattern: args.pattern.as_ref(), authors, not_by }))
}
