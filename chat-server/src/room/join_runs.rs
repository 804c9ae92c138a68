//! The joins and leaves between the last items of a room, condensed as pages of history have them. Pure; must not know the
//! items.

#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;

use chat_proto::ids::Seq;
use chat_proto::limits::JOIN_RUN_USERS_MAX;
use chat_proto::message::{Item, JoinRun};

/// The runs of joins and leaves, by rising number. No run encloses an item that was noted.
#[derive(Debug, Default)]
pub(super) struct JoinRuns {
    runs: VecDeque<JoinRun>,
    /// The place of the last other item.
    last_item: Seq,
}

impl JoinRuns {
    /// The runs of a stored history, which come by falling number.
    pub(super) fn of_stored(joins: Vec<JoinRun>, last_item: Seq) -> Self {
        Self { runs: joins.into_iter().rev().collect(), last_item }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The runs, latest first.
    pub(super) fn latest_first(&self) -> impl Iterator<Item = &JoinRun> {
        self.runs.iter().rev()
    }

    /// The last place of the oldest run.
    pub(super) fn oldest(&self) -> Option<Seq> {
        self.runs.front().map(|run| run.to_seq)
    }

    /// Another item stands here: no run goes on over it.
    pub(super) fn note_item(&mut self, seq: Seq) {
        self.last_item = self.last_item.max(seq);
    }

    /// Adds a join, or a leave, at the room's end.
    pub(super) fn push(&mut self, item: &Item, is_join: bool) {
        let (joined, left) = (u32::from(is_join), u32::from(!is_join));
        let new = JoinRun { from_seq: item.seq, to_seq: item.seq, at: item.at, joined, left, users: vec![item.by] };
        let Some(run) = self.runs.back_mut().filter(|run| run.to_seq > self.last_item) else {
            return self.runs.push_back(new);
        };
        (run.to_seq, run.at) = (item.seq, item.at);
        (run.joined, run.left) = (run.joined + joined, run.left + left);
        run.users.retain(|user| *user != item.by);
        run.users.insert(0, item.by);
        run.users.truncate(JOIN_RUN_USERS_MAX);
    }

    /// Drops the runs that end below a number.
    pub(super) fn drop_below(&mut self, seq: Seq) {
        while self.runs.front().is_some_and(|run| run.to_seq < seq) {
            self.runs.pop_front();
        }
    }

    /// Whether the place is within a run, its first and last included.
    pub(super) fn hold(&self, seq: Seq) -> bool {
        let at = self.runs.partition_point(|run| run.to_seq < seq);
        self.runs.get(at).is_some_and(|run| run.from_seq <= seq)
    }

    /// Whether an item at one of these places lies within a run.
    pub(super) fn enclose_any(&self, mut places: impl Iterator<Item = Seq>) -> bool {
        places.any(|seq| {
            let at = self.runs.partition_point(|run| run.to_seq < seq);
            self.runs.get(at).is_some_and(|run| run.from_seq < seq && seq < run.to_seq)
        })
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::UserId;
    use chat_proto::message::Content;
    use chat_proto::time::UnixMillis;

    use super::*;

    fn join(seq: u64, by: u64) -> Item {
        Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(seq as i64), by: UserId(by), content: Content::Join }
    }

    #[test]
    fn a_run_goes_on_until_another_item_stands_behind_it() {
        let mut runs = JoinRuns::default();
        for (seq, by) in [(1, 11), (2, 12), (3, 11), (5, 13), (6, 14), (7, 15), (9, 16)] {
            runs.push(&join(seq, by), seq != 3);
        }
        assert!(!runs.enclose_any([Seq(1), Seq(9), Seq(20)].into_iter()));
        assert!(runs.enclose_any([Seq(4)].into_iter()));
        runs.note_item(Seq(10));
        runs.push(&join(11, 17), true);
        let found: Vec<_> = runs.latest_first().cloned().collect();
        let users = [16, 15, 14, 13, 11].map(UserId).to_vec();
        let first = JoinRun { from_seq: Seq(1), to_seq: Seq(9), at: UnixMillis(9), joined: 6, left: 1, users };
        assert_eq!((found.len(), &found[1]), (2, &first));
        runs.drop_below(Seq(9));
        assert_eq!(runs.oldest(), Some(Seq(9)));
        runs.drop_below(Seq(10));
        assert_eq!(runs.oldest(), Some(Seq(11)));
    }
}
