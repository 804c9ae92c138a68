//! The rooms that `tail` and `wait` follow, with the names needed to print their items. Must not know how a room is followed.

use std::pin::pin;

use chat_proto::cursor::Cursor;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::Item;
use chat_proto::request::{History, Users};

use super::ephemeral_filter::{EphemeralFilter, is_renumbered};
use super::item_filter::ItemFilter;
use crate::argument::{RoomRef, SeqRef};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::ItemNames;
use crate::cli::session::{CliSession, Names};
use crate::net::{Followed, FollowedItem, Follower, RoomStart};

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
    /// Whether it is printed.
    pub is_wanted: bool,
}

/// What is followed.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The rooms, and where each begins.
    pub starts: Vec<RoomStart>,
    /// Whether rooms that the account joins later are followed as well.
    pub follows_all: bool,
    /// Which items are printed.
    pub filter: ItemFilter,
    /// What was printed already.
    pub ephemeral_filter: EphemeralFilter,
}

/// Followed rooms, and the names needed to print their items.
pub(super) struct FollowedRooms {
    follower: Follower,
    names: Names,
    heads: Vec<(RoomId, Seq)>,
    filter: ItemFilter,
    ephemeral_filter: EphemeralFilter,
}

impl FollowedRooms {
    /// Follows one room: after a message, or from now on.
    pub(super) async fn of_room(
        context: &Context,
        session: &mut CliSession,
        typed: &RoomRef,
        since: Option<&SeqRef>,
    ) -> Result<Self, CliError> {
        let room = session.room(typed).await?;
        let after = match since {
            Some(since) => {
                let seq = session.message_in(room, typed, since).await?;
                cursor_at(session, room, seq).await?
            }
            None => head_of(session, room).await?,
        };
        let plan = Plan { starts: vec![RoomStart { room, after }], ..Plan::default() };
        Self::start(context, session, plan).await
    }

    /// Follows rooms from known positions, with the names a session knows.
    pub(super) async fn start(context: &Context, session: &mut CliSession, plan: Plan) -> Result<Self, CliError> {
        let Plan { starts, follows_all, filter, ephemeral_filter } = plan;
        let heads = starts.iter().map(|start| (start.room, start.after.seq)).collect();
        let options = context.follow_options().await?;
        let follower = if follows_all {
            Follower::start_all(options, starts).await
        } else {
            Follower::start(options, starts).await
        };
        Ok(Self { follower: follower?, names: session.names().clone(), heads, filter, ephemeral_filter })
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
    pub(super) async fn next_of_present(&mut self, context: &Context) -> Result<Option<TailItem>, CliError> {
        while let Some(followed) = self.follower.next_of_present().await? {
            if let Some(item) = self.take(context, followed) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Whether the server can be reached.
    pub(super) fn is_connected(&self) -> bool {
        self.follower.is_connected()
    }

    /// The cursors up to which everything known of the rooms was returned; none while something was not.
    pub(super) fn drained_rooms(&self) -> impl Iterator<Item = RoomStart> {
        let is_drained = self.follower.is_drained();
        self.follower.cursors().filter(move |_| is_drained)
    }

    /// Takes what a room brings; `None` if there is no item.
    fn take(&mut self, context: &Context, followed: Followed) -> Option<TailItem> {
        let FollowedItem { room, item, cursor, users } = match followed {
            Followed::Item(item) => item,
            other => {
                self.on_notice(context, other);
                return None;
            }
        };
        self.names.add_users(&users);
        let after = self.heads.iter().find(|(known, _)| *known == room).map_or(Seq::ZERO, |(_, after)| *after);
        let is_late = is_renumbered(&item);
        let is_older = item.seq <= after;
        let is_change = !is_late && (is_older || item.changed != item.seq);
        let is_wanted = !self.ephemeral_filter.is_printed(room, &item) && self.filter.takes(&item, is_change);
        if is_wanted {
            self.ephemeral_filter.record(room, &item);
        }
        Some(TailItem { room, item, cursor, is_change, is_from_before: is_late && is_older, is_wanted })
    }

    fn on_notice(&mut self, context: &Context, notice: Followed) {
        match notice {
            Followed::Item(_) => {}
            Followed::Parted { room, at } => self.on_parted(context, room, at),
            Followed::Joined(room) => self.names.add_room(&room),
            Followed::Disconnected { reason } => {
                context.output.info(&format!("disconnected ({reason}); trying to connect again"));
            }
            Followed::Reconnected => context.output.info("connected again"),
        }
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
                "{room}: the server was restored to an earlier state; messages after {room}/{at} no longer exist. Continuing \
                 after {room}/{at}."
            ),
            None => format!(
                "{room}: the server does not know this position, as after a restored backup; messages may be missing or \
                 repeated. Continuing with the latest ones."
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

    /// Prints an item; loads the name of an author that is not known yet.
    pub(super) async fn print(&mut self, context: &Context, followed: &TailItem) -> Result<(), CliError> {
        self.load_name(followed.item.by).await;
        let (room, from) = (self.names.room(followed.room), self.names.user(followed.item.by));
        let names = ItemNames { room_id: followed.room, room: &room, from: &from };
        context.output.item(&followed.item, names, followed.is_change)
    }

    async fn load_name(&mut self, by: UserId) {
        if !self.names.knows(by) {
            // If the connection breaks just now, the id is printed instead of the name.
            let answer = self.follower.call(&Users { ids: vec![by] }).await;
            self.names.add_users(&answer.map(|answer| answer.users).unwrap_or_default());
        }
    }
}

/// The cursor at a room's end.
async fn head_of(session: &CliSession, room: RoomId) -> Result<Cursor, CliError> {
    Ok(session.call(&History { room, before: None, limit: 1 }).await?.head)
}

/// The cursor at a number that the user names: of the server's data as they are now.
pub(super) async fn cursor_at(session: &CliSession, room: RoomId, seq: Seq) -> Result<Cursor, CliError> {
    let head = head_of(session, room).await?;
    Ok(Cursor { run: Some(session.welcome.run), ..head.up_to(seq) })
}
