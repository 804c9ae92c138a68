//! The answers of a room's members, and the changes of them that are under way. Pure; must not know how an answer is
//! stored or who may give one.

#![deny(clippy::disallowed_methods)]

use std::collections::{HashMap, VecDeque};

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Item};
use chat_proto::room::{Rsvp, RsvpCounts};
use chat_proto::time::UnixMillis;

use crate::store::MemberAnswer;

/// A member's answer, and the place and time of the item that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GivenRsvp {
    rsvp: Rsvp,
    seq: Seq,
    at: UnixMillis,
}

/// The answers of a room.
#[derive(Debug, Default)]
pub(super) struct Rsvps {
    /// As the room shows them.
    shown: HashMap<UserId, GivenRsvp>,
    counts: RsvpCounts,
    /// Accepted and not yet shown, in the order of acceptance; `None`: the member leaves.
    under_way: VecDeque<(UserId, Option<(Seq, GivenRsvp)>)>,
}

/// The fate of a new answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NewAnswer {
    /// The member's first: an item.
    First(Item),
    /// Another: its item in its new state.
    Changed(Item),
}

impl Rsvps {
    pub(super) fn new(answers: Vec<MemberAnswer>) -> Self {
        let mut rsvps = Self::default();
        for MemberAnswer { user, rsvp, seq, at } in answers {
            rsvps.set(user, Some(GivenRsvp { rsvp, seq, at }));
        }
        rsvps
    }

    /// The answers that the room shows, counted.
    pub(super) fn counts(&self) -> RsvpCounts {
        self.counts
    }

    /// Whether the room shows this answer of a member.
    pub(super) fn is_shown(&self, user: UserId, rsvp: Rsvp) -> bool {
        self.shown.get(&user).map_or(Rsvp::None, |answer| answer.rsvp) == rsvp
    }

    /// Takes an answer under the number that `next_seq` gives; `None` if the member has given it already, and no number
    /// is taken. The counts in the item count on the answers under way; if the store refuses one of those, they are
    /// right again with the next answer.
    pub(super) fn accept(
        &mut self,
        user: UserId,
        rsvp: Rsvp,
        now: UnixMillis,
        next_seq: impl FnOnce() -> Seq,
    ) -> Option<NewAnswer> {
        let before = self.latest(user);
        if before.map_or(Rsvp::None, |answer| answer.rsvp) == rsvp {
            return None;
        }
        let changed = next_seq();
        let answer = match before {
            Some(first) => GivenRsvp { rsvp, ..first },
            None => GivenRsvp { rsvp, seq: changed, at: now },
        };
        self.under_way.push_back((user, Some((changed, answer))));
        let answered_at = before.is_some().then_some(now);
        let content = Content::Rsvp { answer: rsvp, counts: self.latest_counts(), answered_at };
        let item = Item { seq: answer.seq, changed, at: answer.at, by: user, content };
        Some(if before.is_some() { NewAnswer::Changed(item) } else { NewAnswer::First(item) })
    }

    /// A member starts to leave, and its answer with it.
    pub(super) fn accept_leave(&mut self, user: UserId) {
        self.under_way.push_back((user, None));
    }

    /// A leave was refused: the member's answer stands.
    pub(super) fn undo_leave(&mut self, user: UserId) {
        self.end(|(of, answer)| *of == user && answer.is_none());
    }

    /// The answer numbered `changed` was refused.
    pub(super) fn refuse(&mut self, changed: Seq) {
        self.end(|(_, answer)| answer.is_some_and(|(number, _)| number == changed));
    }

    /// An item is shown.
    pub(super) fn show(&mut self, item: &Item) {
        match &item.content {
            Content::Rsvp { answer, .. } => {
                self.refuse(item.changed);
                self.set(item.by, Some(GivenRsvp { rsvp: *answer, seq: item.seq, at: item.at }));
            }
            Content::Leave => {
                self.undo_leave(item.by);
                self.set(item.by, None);
            }
            Content::Message(_)
            | Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Join
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Damaged => {}
        }
    }

    fn end(&mut self, is_it: impl Fn(&(UserId, Option<(Seq, GivenRsvp)>)) -> bool) {
        if let Some(at) = self.under_way.iter().position(is_it) {
            self.under_way.remove(at);
        }
    }

    fn set(&mut self, user: UserId, answer: Option<GivenRsvp>) {
        let before = match answer {
            Some(answer) => self.shown.insert(user, answer),
            None => self.shown.remove(&user),
        };
        recount(&mut self.counts, before, answer);
    }

    /// A member's answer once all that is under way is shown.
    fn latest(&self, user: UserId) -> Option<GivenRsvp> {
        let latest = self.under_way.iter().rev().find(|(of, _)| *of == user);
        latest.map_or_else(|| self.shown.get(&user).copied(), |(_, answer)| answer.map(|(_, answer)| answer))
    }

    fn latest_counts(&self) -> RsvpCounts {
        let mut counts = self.counts;
        let mut seen = HashMap::new();
        for (user, answer) in &self.under_way {
            let answer = answer.map(|(_, answer)| answer);
            let before = seen.insert(*user, answer).unwrap_or_else(|| self.shown.get(user).copied());
            recount(&mut counts, before, answer);
        }
        counts
    }
}

fn recount(counts: &mut RsvpCounts, before: Option<GivenRsvp>, now: Option<GivenRsvp>) {
    for (answer, is_added) in [(before, false), (now, true)] {
        let count = match answer.map_or(Rsvp::None, |answer| answer.rsvp) {
            Rsvp::None => continue,
            Rsvp::Interested => &mut counts.interested,
            Rsvp::Attending => &mut counts.attending,
        };
        *count = if is_added { *count + 1 } else { count.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId(5);
    const BEN: UserId = UserId(6);

    fn give(rsvps: &mut Rsvps, user: UserId, rsvp: Rsvp, number: u64) -> Option<NewAnswer> {
        rsvps.accept(user, rsvp, UnixMillis(number as i64), || Seq(number))
    }

    fn item(given: Option<NewAnswer>) -> Item {
        match given.expect("an answer that is new") {
            NewAnswer::First(item) | NewAnswer::Changed(item) => item,
        }
    }

    fn counts_of(item: &Item) -> (u32, u32) {
        let Content::Rsvp { counts, .. } = &item.content else { panic!("an answer: {item:?}") };
        (counts.attending, counts.interested)
    }

    #[test]
    fn a_later_answer_changes_the_first_ones_item() {
        let mut rsvps = Rsvps::default();
        assert_eq!(give(&mut rsvps, ANA, Rsvp::None, 7), None, "nothing was said");
        let first = item(give(&mut rsvps, ANA, Rsvp::Attending, 7));
        rsvps.show(&first);
        assert_eq!(give(&mut rsvps, ANA, Rsvp::Attending, 8), None, "said already");
        let Some(NewAnswer::Changed(second)) = give(&mut rsvps, ANA, Rsvp::None, 9) else { panic!("a change") };
        assert_eq!((second.seq, second.changed, second.at), (Seq(7), Seq(9), UnixMillis(7)));
        rsvps.show(&second);
        assert_eq!((counts_of(&first), counts_of(&second), rsvps.counts()), ((1, 0), (0, 0), RsvpCounts::default()));
        assert!(
            matches!(give(&mut rsvps, ANA, Rsvp::Interested, 10), Some(NewAnswer::Changed(item)) if item.seq == Seq(7))
        );
    }

    #[test]
    fn counts_include_the_answers_under_way_and_a_refused_one_is_forgotten() {
        let mut rsvps = Rsvps::default();
        let first = item(give(&mut rsvps, ANA, Rsvp::Attending, 1));
        let second = item(give(&mut rsvps, BEN, Rsvp::Attending, 2));
        assert_eq!((counts_of(&first), counts_of(&second)), ((1, 0), (2, 0)));
        rsvps.refuse(Seq(1));
        rsvps.show(&second);
        assert_eq!((rsvps.counts().attending, rsvps.is_shown(ANA, Rsvp::None)), (1, true));
        assert!(matches!(give(&mut rsvps, ANA, Rsvp::Attending, 3), Some(NewAnswer::First(_))));
    }

    #[test]
    fn a_leave_takes_the_answer_along_unless_it_is_refused() {
        let mut rsvps = Rsvps::default();
        let first = item(give(&mut rsvps, ANA, Rsvp::Attending, 1));
        rsvps.show(&first);
        rsvps.accept_leave(ANA);
        assert_eq!(counts_of(&item(give(&mut rsvps, BEN, Rsvp::Interested, 3))), (0, 1));
        rsvps.undo_leave(ANA);
        assert_eq!(give(&mut rsvps, ANA, Rsvp::Attending, 4), None, "it stands");
        rsvps.accept_leave(ANA);
        let again = give(&mut rsvps, ANA, Rsvp::Attending, 5);
        assert!(matches!(again, Some(NewAnswer::First(_))), "a member again, with a first answer: {again:?}");
        let leave = Item { seq: Seq(2), changed: Seq(2), at: UnixMillis(0), by: ANA, content: Content::Leave };
        rsvps.show(&leave);
        assert_eq!(rsvps.counts(), RsvpCounts::default());
    }
}
