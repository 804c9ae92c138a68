//! A room's last messages with the items and joins between them, page by page. Must not know how they are printed.

use std::collections::VecDeque;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Item, JoinRun};
use chat_proto::request::History;

use crate::cli::exit::CliError;
use crate::cli::session::CliSession;

/// A part of a room's past.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// By rising `seq`.
    items: VecDeque<Item>,
    /// By rising `seq`.
    joins: VecDeque<JoinRun>,
}

/// One line of a room's past.
#[derive(Clone, Copy, Debug)]
pub(super) enum PastLine<'a> {
    /// An item.
    Item(&'a Item),
    /// Joins and leaves between two items.
    Joins(&'a JoinRun),
}

impl Past {
    /// Loads so many messages before a number, or the last ones. Returns them with the room's head.
    pub(super) async fn load(
        session: &mut CliSession,
        room: RoomId,
        mut before: Option<Seq>,
        messages: u32,
    ) -> Result<(Self, chat_proto::cursor::Cursor), CliError> {
        let page_max = session.welcome.limits.page_max;
        let (mut past, mut head, mut wanted) = (Self::default(), None, messages as usize);
        loop {
            let limit = u32::try_from(wanted).unwrap_or(u32::MAX).clamp(1, page_max);
            let page = session.call(&History { room, before, limit }).await?;
            session.names().add_users(&page.users);
            let head = *head.get_or_insert(page.head);
            if messages == 0 {
                return Ok((past, head));
            }
            let found = page.items.iter().filter(|item| item.content.is_message_place()).count();
            wanted = wanted.saturating_sub(found);
            page.items.into_iter().rev().for_each(|item| past.items.push_front(item));
            page.joins.into_iter().rev().for_each(|run| past.joins.push_front(run));
            before = page.next_before;
            if wanted == 0 || before.is_none() {
                return Ok((past, head));
            }
        }
    }

    /// The people it names.
    pub(super) fn people(&self) -> impl Iterator<Item = UserId> {
        self.items.iter().map(|item| item.by).chain(self.joins.iter().flat_map(|run| run.users.iter().copied()))
    }

    /// Its lines, the oldest first.
    pub(super) fn lines(&self) -> Vec<PastLine<'_>> {
        let items = self.items.iter().map(|item| (item.seq, PastLine::Item(item)));
        let mut lines: Vec<_> = items.chain(self.joins.iter().map(|run| (run.to_seq, PastLine::Joins(run)))).collect();
        lines.sort_by_key(|(seq, _)| *seq);
        lines.into_iter().map(|(_, line)| line).collect()
    }
}
