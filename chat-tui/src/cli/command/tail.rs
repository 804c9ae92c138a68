//! `chat tail ROOM…`: prints the latest messages of rooms and follows them, without gaps or duplicates over reconnects.
//! Must not know how a room is followed.

use std::path::PathBuf;
use std::pin::pin;

use chat_proto::cursor::Cursor;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{History, Users};
use clap::Args;

use super::cursor_file;
use super::ephemeral_filter::{EphemeralFilter, is_renumbered};
use super::past::{Past, PastLine};
use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, JoinsLine};
use crate::cli::session::{CliSession, Names};
use crate::net::{Followed, FollowedItem, Follower, RoomStart};

/// The arguments of `tail`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  chat tail general
  chat tail ops builds -f --json | jq -r 'select(.type==\"message\").body'
  chat tail jobs --cursor ~/.jobs.cursor       print what is new since the last run
  chat tail general --since general/4200

Prints every message once, in the room's order, even if the connection breaks. With -f and --json \
a line of the type \"expire\" follows at the end of an ephemeral message that was printed.")]
pub(in crate::cli) struct TailArgs {
    /// The rooms: general, #general or R1.
    #[arg(required = true)]
    rooms: Vec<RoomRef>,
    /// Start with this many messages, and with the topics, answers and joins between them.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    lines: u32,
    /// Start after this message: 12 or general/12. Prints later changes of older messages too.
    #[arg(long, value_name = "ID", conflicts_with = "lines")]
    since: Option<SeqRef>,
    /// Start where the last run with this file stopped, and save the position to it. If the server's data were put back to
    /// an earlier state since, this is told on standard error.
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
    /// The cursor once it is printed.
    pub cursor: Cursor,
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
            Some(since) => {
                let seq = session.message_in(room, typed, since).await?;
                cursor_at(&session, room, seq).await?
            }
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
        let heads = starts.iter().map(|start| (start.room, start.after.seq)).collect();
        let follower = Follower::start(context.follow_options()?, starts).await?;
        Ok(Self { follower, names: session.names().clone(), heads, ephemeral_filter })
    }

    /// Returns the next item; reconnects for as long as it takes. Meanwhile prints the ends of messages, if they are wanted.
    pub(super) async fn next(&mut self, context: &Context) -> Result<TailItem, CliError> {
        loop {
            let followed = self.next_followed(context).await?;
            if let Some(item) = self.take(context, followed) {
                return Ok(item);
            }
        }
    }

    /// Returns the next item; `None` once the rooms' ends are reached.
    async fn next_of_present(&mut self, context: &Context) -> Result<Option<TailItem>, CliError> {
        while let Some(followed) = self.follower.next_of_present().await? {
            if let Some(item) = self.take(context, followed) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Takes what a room brings; `None` if there is nothing to print of it.
    fn take(&mut self, context: &Context, followed: Followed) -> Option<TailItem> {
        let FollowedItem { room, item, cursor, users } = match followed {
            Followed::Item(item) => item,
            Followed::Parted { room, at } => {
                self.on_parted(context, room, at);
                return None;
            }
        };
        self.names.add_users(&users);
        if self.ephemeral_filter.is_printed(room, &item) {
            return None;
        }
        self.ephemeral_filter.record(room, &item);
        let after = self.heads.iter().find(|(known, _)| *known == room).map_or(Seq::ZERO, |(_, after)| *after);
        let is_late = is_renumbered(&item);
        let is_older = item.seq <= after;
        let is_change = !is_late && (is_older || item.changed != item.seq);
        Some(TailItem { room, item, cursor, is_change, is_from_before: is_late && is_older })
    }

    /// The room's numbers beyond `at` stand for other messages now.
    fn on_parted(&mut self, context: &Context, room: RoomId, at: Option<Seq>) {
        self.ephemeral_filter.forget(room);
        if let Some((_, after)) = self.heads.iter_mut().find(|(known, _)| *known == room) {
            *after = at.unwrap_or(Seq::ZERO);
        }
        let room = self.names.room(room);
        context.output.warning(&match at {
            Some(at) => format!(
                "{room}: the server's data were put back to an earlier state; what was printed after {room}/{at} is not \
                 part of it. Going on after {room}/{at}."
            ),
            None => format!(
                "{room}: the server does not know this position, as after a restored backup; messages may be missing or \
                 come twice. Going on with the last messages."
            ),
        });
    }

    async fn next_followed(&mut self, context: &Context) -> Result<Followed, CliError> {
        let mut clock = self.follower.clock();
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

    /// Prints an item.
    pub(super) fn print(&self, context: &Context, followed: &TailItem) -> Result<(), CliError> {
        let (room, from) = (self.names.room(followed.room), self.names.user(followed.item.by));
        let names = ItemNames { room_id: followed.room, room: &room, from: &from };
        context.output.item(&followed.item, names, followed.is_change)
    }
}

/// The cursor at a room's end.
async fn head_of(session: &CliSession, room: RoomId) -> Result<Cursor, CliError> {
    Ok(session.call(&History { room, before: None, limit: 1 }).await?.head)
}

/// The cursor at a message that the user names: of the server's data as they are now.
async fn cursor_at(session: &CliSession, room: RoomId, seq: Seq) -> Result<Cursor, CliError> {
    let head = head_of(session, room).await?;
    Ok(Cursor { run: Some(session.welcome.run), ..head.up_to(seq) })
}

pub(super) async fn run(args: &TailArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let mut left = args.max.unwrap_or(u64::MAX);
    let mut ephemeral_filter = EphemeralFilter::with_ends(args.follow && context.output.is_json());
    let mut starts = starts(args, context, (&mut session, &mut left), &mut ephemeral_filter).await?;
    let mut tail = Tail::from_session(context, &mut session, starts.clone(), ephemeral_filter).await?;
    while left > 0 {
        let next = if args.follow { Some(tail.next(context).await?) } else { tail.next_of_present(context).await? };
        let Some(followed) = next else { break };
        tail.load_name(followed.item.by).await;
        tail.print(context, &followed)?;
        left -= u64::from(matches!(followed.item.content, chat_proto::message::Content::Message(_)));
        for start in starts.iter_mut().filter(|start| start.room == followed.room) {
            start.after = followed.cursor;
        }
        if let Some(file) = &args.cursor {
            cursor_file::write(file, &starts)?;
        }
    }
    if let Some(file) = &args.cursor {
        if tail.follower.is_drained() {
            for start in &mut starts {
                start.after = tail.follower.cursor(start.room);
            }
        }
        cursor_file::write(file, &starts)?;
    }
    Ok(())
}

/// Where each room is followed from; prints the ends of rooms without a known position.
async fn starts(
    args: &TailArgs,
    context: &Context,
    (session, left): (&mut CliSession, &mut u64),
    ephemeral_filter: &mut EphemeralFilter,
) -> Result<Vec<RoomStart>, CliError> {
    let mut starts: Vec<RoomStart> = Vec::with_capacity(args.rooms.len());
    let saved = args.cursor.as_deref().map(cursor_file::read).transpose()?.unwrap_or_default();
    for typed in &args.rooms {
        let room = session.room(typed).await?;
        // A room that is named twice, perhaps by name and by id, is printed once.
        if starts.iter().any(|start| start.room == room) {
            continue;
        }
        let since = match &args.since {
            Some(since) => {
                let seq = session.message_in(room, typed, since).await?;
                Some(cursor_at(session, room, seq).await?)
            }
            None => saved.iter().find(|saved| saved.room == room).map(|saved| saved.after),
        };
        let lines = args.lines.min(u32::try_from(*left).unwrap_or(u32::MAX));
        let after = match since {
            Some(after) => after,
            None => print_end(context, session, (room, lines), left, ephemeral_filter).await?,
        };
        starts.push(RoomStart { room, after });
    }
    Ok(starts)
}

/// Prints the last messages of a room; returns the cursor at its end.
async fn print_end(
    context: &Context,
    session: &mut CliSession,
    (room, lines): (RoomId, u32),
    left: &mut u64,
    ephemeral_filter: &mut EphemeralFilter,
) -> Result<Cursor, CliError> {
    let (past, head) = Past::load(session, room, None, lines).await?;
    session.load_names(past.people()).await?;
    let name = session.names().room(room);
    for line in past.lines() {
        match line {
            PastLine::Item(item) => {
                let from = session.names().user(item.by);
                context.output.item(item, ItemNames { room_id: room, room: &name, from: &from }, false)?;
                ephemeral_filter.record(room, item);
                *left =
                    left.saturating_sub(u64::from(matches!(item.content, chat_proto::message::Content::Message(_))));
            }
            PastLine::Joins(run) => {
                let users: Vec<_> = run.users.iter().map(|user| session.names().user(*user)).collect();
                context.output.joins(&JoinsLine::new(run, (room, &name), &users), run.at)?;
            }
        }
    }
    Ok(head)
}
