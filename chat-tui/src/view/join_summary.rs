//! Summarizes a run of joins and leaves in one row, with as many names as fit. Must not know rows or styles. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::UserId;

use crate::text::{fit, width};

/// The outcome of a run for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Joined,
    Left,
    JoinedAndLeft,
    LeftAndCameBack,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Joined, Self::LeftAndCameBack, Self::Left, Self::JoinedAndLeft];

    fn of(was_in_before: bool, is_in_now: bool) -> Self {
        match (was_in_before, is_in_now) {
            (false, true) => Self::Joined,
            (true, false) => Self::Left,
            (false, false) => Self::JoinedAndLeft,
            (true, true) => Self::LeftAndCameBack,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::JoinedAndLeft => "joined and left",
            Self::LeftAndCameBack => "left and came back",
        }
    }
}

/// Summarizes joins (`true`) and leaves, in the order they happened, in at most `columns`.
pub(super) fn summarize(run: &[(UserId, bool)], name_of: impl Fn(UserId) -> String, columns: usize) -> String {
    let mut people: Vec<(UserId, bool, bool)> = Vec::new();
    for (id, is_join) in run {
        match people.iter_mut().find(|(known, ..)| known == id) {
            Some((.., is_in_now)) => *is_in_now = *is_join,
            // A person whose first event is a leave was a member before.
            None => people.push((*id, !is_join, *is_join)),
        }
    }
    let mut groups: Vec<(Vec<String>, Outcome)> = Vec::new();
    for outcome in Outcome::ALL {
        let of_it = people.iter().filter(|(_, before, now)| Outcome::of(*before, *now) == outcome);
        let names: Vec<_> = of_it.map(|(id, ..)| name_of(*id)).collect();
        if !names.is_empty() {
            groups.push((names, outcome));
        }
    }
    let most = groups.iter().map(|(names, _)| names.len()).max().unwrap_or(0);
    let at_most = |named: usize| {
        let groups_text: Vec<_> = groups.iter().map(|(names, outcome)| group(names, named, *outcome)).collect();
        groups_text.join(" · ")
    };
    let fitting = (0..=most).rev().map(at_most).find(|text| width(text) <= columns);
    fitting.unwrap_or_else(|| fit(&at_most(0), columns).into_owned())
}

/// Formats `ana, ben and 10 others joined`, or `12 people joined` if no name fits.
fn group(names: &[String], named: usize, outcome: Outcome) -> String {
    let verb = outcome.verb();
    let others = names.len().saturating_sub(named);
    match (names, others) {
        ([only], 0) => format!("{only} {verb}"),
        ([first @ .., last], 0) => format!("{} and {last} {verb}", first.join(", ")),
        ([_], _) => format!("1 person {verb}"),
        (_, _) if named == 0 => format!("{others} people {verb}"),
        (_, 1) => format!("{} and 1 other {verb}", names[..named].join(", ")),
        (_, _) => format!("{} and {others} others {verb}", names[..named].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(run: &[(u64, bool)], columns: usize) -> String {
        let run: Vec<_> = run.iter().map(|(id, is_join)| (UserId(*id), *is_join)).collect();
        summarize(&run, |id| format!("person{}", id.0), columns)
    }

    #[test]
    fn the_summary_shows_the_final_state() {
        assert_eq!(of(&[(1, false), (1, true)], 60), "person1 left and came back");
        assert_eq!(of(&[(1, true), (1, false)], 60), "person1 joined and left");
        assert_eq!(of(&[(1, false), (1, true), (1, false)], 60), "person1 left");
        assert_eq!(of(&[(1, true), (2, false), (3, true)], 60), "person1 and person3 joined · person2 left");
    }

    #[test]
    fn as_many_names_as_fit_and_always_the_count() {
        let twelve: Vec<_> = (1..=12).map(|id| (id, true)).collect();
        assert_eq!(of(&twelve, 46), "person1, person2, person3 and 9 others joined");
        assert_eq!(of(&twelve, 40), "person1, person2 and 10 others joined");
        assert_eq!(of(&twelve, 20), "12 people joined");
        assert_eq!(of(&twelve, 10), "12 people…");
        assert_eq!(of(&twelve[..3], 60), "person1, person2 and person3 joined");
        assert_eq!(of(&twelve[..3], 34), "person1 and 2 others joined");
    }
}
