//! `chat tail ROOM…`: prints the latest messages of rooms and follows them, without gaps or duplicates over reconnects.
//! Must not know how a room is followed.

use std::path::{Path, PathBuf};
use std::pin::pin;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{History, Users};
use clap::Args;

use super::ephemeral_filter::{EphemeralFilter, is_renumbered};
use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::{CliSession, Context, Names};
use crate::cli::exit::CliError;
use crate::cli::json::ItemNames;
use crate::net::{FollowedItem, Follower, RoomStart};

/// The arguments of `tail`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat tail general
  chat tail ops builds -f --json | jq -r .body
  chat tail jobs --cursor ~/.jobs.cursor       print what is new since the last run
  chat tail general --since general/4200

Prints every message once, in the room's order, even if the connection breaks. With -f and --json \
a line of the type \"expire\" follows at the end of an ephemeral message that was printed.")]
pub(in crate::cli) struct TailArgs {
    /// The rooms: general, #general or R1.
    #[arg(required = true)]
    rooms: Vec<RoomRef>,
    /// Start with this many lines.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    lines: u32,
    /// Start after this message: 12 or general/12. Prints later changes of older messages too.
    #[arg(long, value_name = "ID", conflicts_with = "lines")]
    since: Option<SeqRef>,
    /// Start where the last run with this file stopped, and save the position to it.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    cursor: Option<PathBuf>,
    /// Follow the rooms.
    #[arg(short, long)]
    follow: bool,
    /// Stop after this many messages.
    #[arg(long, value_name = "N")]
    max: Option<u64>,
}

/// An item of a followed room.
#[derive(Debug)]
pub(super) struct TailItem {
    /// The room.
    pub room: RoomId,
    /// The item in its present state.
    pub item: Item,
    /// Whether it comes because it changed after it was printed.
    pub is_change: bool,
    /// Whether it was posted before following started, but is only known now.
    pub is_from_before: bool,
}

/// Followed rooms, and the names needed to print their items.
pub(super) struct Tail {
    follower: Follower,
    names: Names,
    heads: Vec<(RoomId, Seq)>,
    ephemeral_filter: EphemeralFilter,
}

impl Tail {
    /// Connects and follows one room: after a message, or from now on.
    pub(super) async fn start(context: &Context, typed: &RoomRef, since: Option<&SeqRef>) -> Result<Self, CliError> {
        let mut session = context.connect().await?;
        let room = session.room(typed).await?;
        let after = match since {
            Some(since) => session.message_in(room, typed, since).await?,
            None => head_of(&session, room).await?,
        };
        let starts = vec![RoomStart { room, after }];
        Self::from_session(context, &mut session, starts, EphemeralFilter::default()).await
    }

    /// Follows rooms from known positions, with the names a session knows and what it has printed.
    async fn from_session(
        context: &Context,
        session: &mut CliSession,
        starts: Vec<RoomStart>,
        ephemeral_filter: EphemeralFilter,
    ) -> Result<Self, CliError> {
        let heads = starts.iter().map(|start| (start.room, start.after)).collect();
        let follower = Follower::start(context.follow_options()?, starts).await?;
        Ok(Self { follower, names: session.names().clone(), heads, ephemeral_filter })
    }

    /// Returns the next item; reconnects for as long as it takes. Meanwhile prints the ends of messages, if they are wanted.
    pub(super) async fn next(&mut self, context: &Context) -> Result<TailItem, CliError> {
        let followed = loop {
            let followed = self.next_followed(context).await?;
            self.names.add_users(&followed.users);
            if !self.ephemeral_filter.is_printed(followed.room, &followed.item) {
                break followed;
            }
        };
        self.ephemeral_filter.record(followed.room, &followed.item);
        let after = self.heads.iter().find(|(room, _)| *room == followed.room).map_or(Seq::ZERO, |(_, after)| *after);
        let is_late = is_renumbered(&followed.item);
        let is_older = followed.item.seq <= after;
        let is_change = !is_late && (is_older || followed.item.changed != followed.item.seq);
        Ok(TailItem { room: followed.room, item: followed.item, is_change, is_from_before: is_late && is_older })
    }

    async fn next_followed(&mut self, context: &Context) -> Result<FollowedItem, CliError> {
        let clock = self.follower.clock();
        // Kept while lines are printed: a follower that is stopped half-way loses the page it asked for.
        let mut next = pin!(self.follower.next());
        loop {
            tokio::select! {
                biased;
                followed = &mut next => return Ok(followed?),
                () = clock.reaches(self.ephemeral_filter.next_end()) => {
                    if let Some((room, item)) = self.ephemeral_filter.pop_ended() {
                        let (name, from) = (self.names.room(room), self.names.user(item.by));
                        context.output.item(&item, ItemNames { room_id: room, room: &name, from: &from }, false)?;
                    }
                }
            }
        }
    }

    /// Loads the name of an author that is not known yet.
    pub(super) async fn load_name(&mut self, by: UserId) {
        if !self.names.knows(by) {
            // If the connection breaks just now, the id is printed instead of the name.
            let answer = self.follower.call(&Users { ids: vec![by] }).await;
            self.names.add_users(&answer.map(|answer| answer.users).unwrap_or_default());
        }
    }

    /// Returns the cursor of each room after `changed` of one was printed.
    fn updated_cursors(before: &[RoomStart], room: RoomId, changed: Seq) -> Vec<(RoomId, Seq)> {
        before.iter().map(|start| (start.room, if start.room == room { changed } else { start.after })).collect()
    }

    /// Prints an item.
    pub(super) fn print(&self, context: &Context, followed: &TailItem) -> Result<(), CliError> {
        let (room, from) = (self.names.room(followed.room), self.names.user(followed.item.by));
        let names = ItemNames { room_id: followed.room, room: &room, from: &from };
        context.output.item(&followed.item, names, followed.is_change)
    }
}

async fn head_of(session: &CliSession, room: RoomId) -> Result<Seq, CliError> {
    Ok(session.call(&History { room, before: None, limit: 1 }).await?.head)
}

pub(super) async fn run(args: &TailArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let mut left = args.max.unwrap_or(u64::MAX);
    let mut starts: Vec<RoomStart> = Vec::with_capacity(args.rooms.len());
    let mut ephemeral_filter = EphemeralFilter::with_ends(args.follow && context.output.is_json());
    let saved = args.cursor.as_deref().map(read_cursors).transpose()?.unwrap_or_default();
    for typed in &args.rooms {
        let room = session.room(typed).await?;
        // A room that is named twice, perhaps by name and by id, is printed once.
        if starts.iter().any(|start| start.room == room) {
            continue;
        }
        let since = match &args.since {
            Some(since) => Some(session.message_in(room, typed, since).await?),
            None => saved.iter().find(|(saved, _)| *saved == room).map(|(_, seq)| *seq),
        };
        let lines = args.lines.min(u32::try_from(left).unwrap_or(u32::MAX));
        let after = match since {
            Some(after) => after,
            None => print_end(context, &mut session, (room, lines), &mut left, &mut ephemeral_filter).await?,
        };
        starts.push(RoomStart { room, after });
    }
    let heads = heads(&session, &starts).await?;
    let mut tail = Tail::from_session(context, &mut session, starts.clone(), ephemeral_filter).await?;
    let is_done = |tail: &Tail| {
        heads.iter().all(|(room, head)| tail.follower.cursor(*room) >= *head && tail.follower.is_drained())
    };
    while left > 0 && (args.follow || !is_done(&tail)) {
        let followed = tail.next(context).await?;
        tail.load_name(followed.item.by).await;
        tail.print(context, &followed)?;
        left -= u64::from(matches!(followed.item.content, chat_proto::message::Content::Message(_)));
        if let Some(file) = &args.cursor {
            let cursors = Tail::updated_cursors(&starts, followed.room, followed.item.changed);
            write_cursors(file, &cursors)?;
            starts = cursors.iter().map(|(room, after)| RoomStart { room: *room, after: *after }).collect();
        }
    }
    if let Some(file) = &args.cursor {
        write_cursors(file, &starts.iter().map(|start| (start.room, start.after)).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Prints the last lines of a room; returns the sequence number they reach.
async fn print_end(
    context: &Context,
    session: &mut CliSession,
    (room, lines): (RoomId, u32),
    left: &mut u64,
    ephemeral_filter: &mut EphemeralFilter,
) -> Result<Seq, CliError> {
    let page_max = session.welcome.limits.page_max;
    let mut page = session.call(&History { room, before: None, limit: lines.clamp(1, page_max) }).await?;
    let head = page.head;
    session.names().add_users(&page.users);
    let mut items = std::mem::take(&mut page.items);
    while items.len() < lines as usize && page.next_before.is_some() {
        let limit = (lines - items.len() as u32).min(page_max);
        page = session.call(&History { room, before: page.next_before, limit }).await?;
        session.names().add_users(&page.users);
        items.splice(0..0, std::mem::take(&mut page.items));
    }
    let skip = items.len().saturating_sub(lines as usize);
    for item in &items[skip..] {
        let (name, from) = (session.names().room(room), session.names().user(item.by));
        context.output.item(item, ItemNames { room_id: room, room: &name, from: &from }, false)?;
        ephemeral_filter.record(room, item);
        *left = left.saturating_sub(u64::from(matches!(item.content, chat_proto::message::Content::Message(_))));
    }
    Ok(head)
}

async fn heads(session: &CliSession, starts: &[RoomStart]) -> Result<Vec<(RoomId, Seq)>, CliError> {
    let mut heads = Vec::with_capacity(starts.len());
    for start in starts {
        heads.push((start.room, head_of(session, start.room).await?));
    }
    Ok(heads)
}

/// Reads a cursor file: a line for each room with its id and the last sequence number printed.
fn read_cursors(file: &Path) -> Result<Vec<(RoomId, Seq)>, CliError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CliError::failed(format!("cannot read {}: {error}", file.display()))),
    };
    let read = |line: &str| {
        let (room, seq) = line.split_once(' ')?;
        Some((room.parse().ok()?, Seq(seq.parse().ok()?)))
    };
    text.lines().map(read).collect::<Option<_>>().ok_or_else(|| {
        CliError::usage(format!(
            "{} is not a cursor file; name another file, or delete this one to start over",
            file.display()
        ))
    })
}

/// Writes a new file beside the old one, then replaces it.
fn write_cursors(file: &Path, cursors: &[(RoomId, Seq)]) -> Result<(), CliError> {
    let text: String = cursors.iter().map(|(room, seq)| format!("{room} {seq}\n")).collect();
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file));
    written.map_err(|error| CliError::failed(format!("cannot write {}: {error}", file.display())))
}
