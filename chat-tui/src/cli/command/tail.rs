//! `chat tail ROOM…`: prints the latest messages of rooms and follows them, without gaps or duplicates over reconnects.
//! Must not know how a room is followed.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use chat_proto::ids::RoomId;
use chat_proto::message::Content;
use chat_proto::time::UnixMillis;
use clap::Args;
use tokio::time::{Instant, sleep_until};

use super::cursor_file::CursorFile;
use super::ephemeral_filter::EphemeralFilter;
use super::followed_rooms::{FollowedRooms, Plan, TailItem, cursor_at};
use super::item_filter::{FilterArgs, ItemFilter};
use super::page_back::{PastLine, Stretch, begins_after, newest};
use crate::argument::{RoomRef, Since, whole_number};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::session::CliSession;
use crate::net::RoomStart;

/// The arguments of `tail`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat tail general
  chat tail ops builds -f --messages-only --json | jq -r .body
  chat tail ops --since 1h --from ana
  chat tail --mentions -f                      what names you, in all your rooms
  chat tail jobs --cursor ~/.jobs.cursor       print what is new since the last run
  chat tail jobs --cursor ~/.jobs.cursor -n 0  the same, and nothing at the first run
  chat tail general --since general/4200

Prints every message once, in the room's order, and several rooms in the order of time, even if the \
connection breaks, which is said on standard error. With -f and --json a line of the type \"expire\" \
follows at the end of an ephemeral message that was printed.")]
pub(in crate::cli) struct TailArgs {
    /// The rooms: general, #general or R1.
    #[arg(required_unless_present_any = ["all", "mentions"])]
    rooms: Vec<RoomRef>,
    /// All rooms you are a member of, also those you join later.
    #[arg(long, conflicts_with = "rooms")]
    all: bool,
    /// Print only messages that name you (@name); in all your rooms if none is named.
    #[arg(long)]
    mentions: bool,
    /// Start with the last N messages across all rooms, and the topics, RSVPs and joins between them.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = whole_number(0..=100_000), allow_negative_numbers = true)]
    lines: u32,
    /// Start at a moment, or after a message: 1h (ago), 14:05, 2026-11-20, general/12. Prints later changes of older
    /// messages too.
    #[arg(long, value_name = "TIME", conflicts_with = "lines", allow_hyphen_values = true)]
    since: Option<Since>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Start where the last run with this file stopped, and save the position to it; only one run at a time may use it. If
    /// the server was restored to an earlier state since, standard error says so.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    cursor: Option<PathBuf>,
    /// Follow the rooms; with --until, up to that moment.
    #[arg(short, long)]
    follow: bool,
    /// Stop after this many messages.
    #[arg(long, value_name = "N", value_parser = whole_number(1..=u32::MAX), allow_negative_numbers = true)]
    max: Option<u32>,
}

impl TailArgs {
    /// Whether the rooms are followed.
    pub(super) fn follows(&self) -> bool {
        self.follow
    }

    fn takes_all_rooms(&self) -> bool {
        self.rooms.is_empty()
    }
}

pub(super) async fn run(args: &TailArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let mut filter = ItemFilter::new(&args.filter, &session).await?;
    if args.mentions {
        filter = filter.mentioning(session.welcome.user.id);
    }
    let rooms = rooms(args, &mut session).await?;
    let mut cursor_file = args.cursor.as_deref().map(CursorFile::open).transpose()?;
    let ephemeral_filter = EphemeralFilter::with_ends(args.follow && context.output.is_json());
    let mut plan = Plan { starts: Vec::new(), follows_all: args.takes_all_rooms(), filter, ephemeral_filter };
    let mut left = args.max.map_or(u64::MAX, u64::from);
    let beginning = Beginning { args, rooms: &rooms, saved: cursor_file.as_ref() };
    left -= beginning.print(context, &mut session, &mut plan, left).await?;
    let (starts, until) = (plan.starts.clone(), plan.filter.until().filter(|_| args.follow));
    let end = until.map(|until| Instant::now() + time_until(until));
    let epoch = session.welcome.epoch.clone();
    if let Some(file) = &mut cursor_file {
        // Printed up to here: a run that ends before the next message comes loses none.
        for start in starts {
            file.note(&epoch, start);
        }
        file.write()?;
    }
    let mut tail = FollowedRooms::start(context, &mut session, plan).await?;
    // The rooms are followed on a connection of their own.
    drop(session);
    while left > 0 {
        let Some(followed) = next((args, context), &mut tail, end, cursor_file.as_mut()).await? else { break };
        if followed.is_wanted {
            tail.print(context, &followed).await?;
            left -= u64::from(matches!(followed.item.content, Content::Message(_)));
        }
        if let Some(file) = &mut cursor_file {
            file.note(&epoch, RoomStart { room: followed.room, after: followed.cursor });
        }
    }
    if let Some(file) = &mut cursor_file {
        for start in tail.drained_rooms() {
            file.note(&epoch, start);
        }
        file.write()?;
    }
    Ok(())
}

/// Returns the next item; `None` at the end of the rooms, or of the time for following them. Meanwhile writes the positions
/// that the cursor file lacks.
async fn next(
    (args, context): (&TailArgs, &Context),
    tail: &mut FollowedRooms,
    end: Option<Instant>,
    mut cursor_file: Option<&mut CursorFile>,
) -> Result<Option<TailItem>, CliError> {
    let mut next = pin!(next_item(args, context, tail, end));
    loop {
        let write_at = cursor_file.as_ref().and_then(|file| file.next_write());
        tokio::select! {
            // Also if one item follows the other.
            biased;
            () = sleep_until(write_at.unwrap_or_else(Instant::now)), if write_at.is_some() => {
                cursor_file.as_mut().map_or(Ok(()), |file| file.write())?;
            }
            item = &mut next => return item,
        }
    }
}

async fn next_item(
    args: &TailArgs,
    context: &Context,
    tail: &mut FollowedRooms,
    end: Option<Instant>,
) -> Result<Option<TailItem>, CliError> {
    if !args.follow {
        return tail.next_of_present(context).await;
    }
    match end {
        Some(end) => tokio::time::timeout_at(end, tail.next(context)).await.ok().transpose(),
        None => tail.next(context).await.map(Some),
    }
}

fn time_until(moment: UnixMillis) -> Duration {
    let ms = moment.0 - jiff::Timestamp::now().as_millisecond();
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// Returns the rooms to print, each once, with the name the user gave it.
async fn rooms(args: &TailArgs, session: &mut CliSession) -> Result<Vec<(RoomId, RoomRef)>, CliError> {
    if args.takes_all_rooms() {
        return Ok(session.member_rooms().map(|member| (member.room.id, RoomRef::Id(member.room.id))).collect());
    }
    let mut rooms: Vec<(RoomId, RoomRef)> = Vec::with_capacity(args.rooms.len());
    for typed in &args.rooms {
        let room = session.room(typed).await?;
        // A room that is named twice, perhaps by name and by id, is printed once.
        if rooms.iter().all(|(known, _)| *known != room) {
            rooms.push((room, typed.clone()));
        }
    }
    Ok(rooms)
}

/// Where each room begins.
struct Beginning<'a> {
    args: &'a TailArgs,
    rooms: &'a [(RoomId, RoomRef)],
    saved: Option<&'a CursorFile>,
}

impl Beginning<'_> {
    /// Finds where each room is followed from, and prints the last lines of those without a known position, in the order of
    /// time. Returns how many messages it printed.
    async fn print(
        &self,
        context: &Context,
        session: &mut CliSession,
        plan: &mut Plan,
        left: u64,
    ) -> Result<u64, CliError> {
        let lines = self.args.lines.min(u32::try_from(left).unwrap_or(u32::MAX));
        let mut last: Vec<(RoomId, PastLine)> = Vec::new();
        for (room, typed) in self.rooms {
            let after = match (&self.args.since, self.saved.and_then(|file| file.after(*room))) {
                (Some(since), _) => {
                    let seq = begins_after(session, since, (*room, typed)).await?;
                    cursor_at(session, *room, seq).await?
                }
                (None, Some(saved)) => saved,
                (None, None) => {
                    let stretch =
                        Stretch { room: *room, before: None, after: chat_proto::ids::Seq::ZERO, wanted: lines };
                    let (found, head) = newest(session, stretch, &plan.filter).await?;
                    last.extend(found.into_iter().map(|line| (*room, line)));
                    head
                }
            };
            plan.starts.push(RoomStart { room: *room, after });
        }
        // Keeps the order of each room: its times do not go back.
        last.sort_by_key(|(_, line)| line.at());
        let places = last.iter().enumerate().rev().filter(|(_, (_, line))| line.is_message_place());
        let begin = places.map(|(at, _)| at).nth((lines as usize).saturating_sub(1));
        let begin = begin.filter(|_| self.rooms.len() > 1).unwrap_or(0);
        session.load_names(last[begin..].iter().flat_map(|(_, line)| line.people())).await?;
        let mut messages = 0;
        for (room, line) in &last[begin..] {
            line.print(context, session, *room)?;
            if let PastLine::Item(item) = line {
                plan.ephemeral_filter.record(*room, item);
                messages += u64::from(matches!(item.content, Content::Message(_)));
            }
        }
        Ok(messages)
    }
}
