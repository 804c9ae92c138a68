//! Pages back through a room: its newest messages that a filter takes, with the items and joins between them, and the number at
//! which a moment begins. Must not know how items are printed.

use chat_proto::cursor::Cursor;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Item, JoinRun};
use chat_proto::request::{History, HistoryPage};
use chat_proto::time::UnixMillis;

use super::item_filter::ItemFilter;
use crate::argument::{RoomRef, Since};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{ItemNames, JoinsLine};
use crate::cli::session::CliSession;

/// A part of a room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The room.
    pub room: RoomId,
    /// Only what is before this number.
    pub before: Option<Seq>,
    /// Only what is after this number.
    pub after: Seq,
    /// At most this many messages, the newest, with what is between them.
    pub wanted: u32,
}

/// One line of a room's past.
#[derive(Clone, Debug)]
pub(super) enum PastLine {
    /// An item.
    Item(Item),
    /// Joins and leaves between two items.
    Joins(JoinRun),
}

impl PastLine {
    /// Its place.
    fn seq(&self) -> Seq {
        match self {
            Self::Item(item) => item.seq,
            Self::Joins(run) => run.to_seq,
        }
    }

    /// Its moment.
    pub(super) fn at(&self) -> UnixMillis {
        match self {
            Self::Item(item) => item.at,
            Self::Joins(run) => run.at,
        }
    }

    /// Whether it counts as a message.
    pub(super) fn is_message_place(&self) -> bool {
        matches!(self, Self::Item(item) if item.content.is_message_place())
    }

    /// The people it names.
    pub(super) fn people(&self) -> impl Iterator<Item = UserId> {
        let (author, joined) = match self {
            Self::Item(item) => (Some(item.by), &[][..]),
            Self::Joins(run) => (None, &run.users[..]),
        };
        author.into_iter().chain(joined.iter().copied())
    }

    fn is_taken(&self, filter: &ItemFilter) -> bool {
        match self {
            Self::Item(item) => filter.takes(item, false),
            Self::Joins(run) => filter.takes_joins(run),
        }
    }

    /// Prints the line.
    pub(super) fn print(&self, context: &Context, session: &mut CliSession, room: RoomId) -> Result<(), CliError> {
        let name = session.names().room(room);
        match self {
            Self::Item(item) => {
                let from = session.names().user(item.by);
                context.output.item(item, ItemNames { room_id: room, room: &name, from: &from }, false)
            }
            Self::Joins(run) => {
                let users: Vec<_> = run.users.iter().map(|user| session.names().user(*user)).collect();
                context.output.joins(&JoinsLine::new(run, (room, &name), &users), run.at)
            }
        }
    }
}

/// Returns the newest lines of a stretch that the filter takes, oldest first, and the cursor at the room's end.
pub(super) async fn newest(
    session: &mut CliSession,
    stretch: Stretch,
    filter: &ItemFilter,
) -> Result<(Vec<PastLine>, Cursor), CliError> {
    let Stretch { room, mut before, after, wanted } = stretch;
    let (page_max, mut missing) = (session.welcome.limits.page_max, wanted);
    let (mut newest_first, mut head) = (Vec::new(), None);
    loop {
        // A filter may take few messages of a page: whole pages, then.
        let limit = if filter.takes_all() { missing.clamp(1, page_max) } else { page_max };
        let page = session.call(&History { room, before, limit }).await?;
        session.names().add_users(&page.users);
        let head = *head.get_or_insert(page.head);
        before = page.next_before.filter(|next| next.0 > after.0 + 1);
        for line in lines(page).into_iter().rev() {
            if missing > 0 && line.seq() > after && line.is_taken(filter) {
                missing -= u32::from(line.is_message_place());
                newest_first.push(line);
            }
        }
        if missing == 0 || before.is_none() {
            newest_first.reverse();
            return Ok((newest_first, head));
        }
    }
}

/// The lines of a page, the oldest first.
fn lines(page: HistoryPage) -> Vec<PastLine> {
    let items = page.items.into_iter().map(PastLine::Item);
    let mut lines: Vec<_> = items.chain(page.joins.into_iter().map(PastLine::Joins)).collect();
    lines.sort_by_key(PastLine::seq);
    lines
}

/// Returns the last number before a moment: everything later is of that moment or after it. Asks as often as halving the room
/// takes.
pub(super) async fn last_before(session: &CliSession, room: RoomId, moment: UnixMillis) -> Result<Seq, CliError> {
    let head = session.call(&History { room, before: None, limit: 1 }).await?.head.seq;
    let (mut earlier, mut later) = (0, head.0 + 1);
    while later - earlier > 1 {
        let middle = earlier + (later - earlier) / 2;
        let page = session.call(&History { room, before: Some(Seq(middle + 1)), limit: 1 }).await?;
        match lines(page).last() {
            Some(line) if line.at() >= moment => later = line.seq().0,
            Some(_) | None => earlier = middle,
        }
    }
    Ok(Seq(earlier))
}

/// Returns the number after which a range begins in `room`, which the user typed as `typed`.
pub(super) async fn begins_after(
    session: &mut CliSession,
    since: &Since,
    (room, typed): (RoomId, &RoomRef),
) -> Result<Seq, CliError> {
    match since {
        Since::Message(message) => session.message_in(room, typed, message).await,
        Since::Moment(moment) => {
            let moment = moment.beginning(&jiff::Zoned::now()).map_err(CliError::usage)?;
            last_before(session, room, moment).await
        }
    }
}
