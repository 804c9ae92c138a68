//! Summarizes a run of joins and leaves in one row, with as many names as fit. Must not know rows or styles. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::UserId;
use chat_proto::message::JoinRun;

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

/// A part of a run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Joins<'a> {
    /// A join (`true`) or a leave.
    One(UserId, bool),
    /// Several, of which not everyone is known.
    Condensed(&'a JoinRun),
}

/// The outcomes of a run, each with the people it names and how many there are.
type Groups = Vec<(Vec<UserId>, usize, Outcome)>;

/// Summarizes joins and leaves, in the order they happened, in at most `columns`.
pub(super) fn summarize(run: &[Joins<'_>], name_of: impl Fn(UserId) -> String, columns: usize) -> String {
    let single = run.iter().map(|joins| match joins {
        Joins::One(id, is_join) => Some((*id, *is_join)),
        Joins::Condensed(_) => None,
    });
    let groups = match single.collect::<Option<Vec<_>>>() {
        Some(single) => outcomes(&single),
        None => match counted(run) {
            Ok(group) => vec![group],
            Err(both) => return both.text(name_of, columns),
        },
    };
    let named = |ids: &[UserId]| ids.iter().map(|id| name_of(*id)).collect::<Vec<_>>();
    let groups: Vec<_> = groups.iter().map(|(ids, count, outcome)| (named(ids), *count, *outcome)).collect();
    let most = groups.iter().map(|(names, ..)| names.len()).max().unwrap_or(0);
    let at_most = |named: usize| {
        let texts: Vec<_> =
            groups.iter().map(|(names, count, outcome)| group((names, *count), named, *outcome)).collect();
        texts.join(" · ")
    };
    let fitting = (0..=most).rev().map(at_most).find(|text| width(text) <= columns);
    fitting.unwrap_or_else(|| fit(&at_most(0), columns).into_owned())
}

/// The outcomes of joins and leaves of which all are known.
fn outcomes(run: &[(UserId, bool)]) -> Groups {
    let mut people: Vec<(UserId, bool, bool)> = Vec::new();
    for (id, is_join) in run {
        match people.iter_mut().find(|(known, ..)| known == id) {
            Some((.., is_in_now)) => *is_in_now = *is_join,
            // A person whose first event is a leave was a member before.
            None => people.push((*id, !is_join, *is_join)),
        }
    }
    let group = |outcome| {
        let of_it = people.iter().filter(|(_, before, now)| Outcome::of(*before, *now) == outcome);
        let ids: Vec<_> = of_it.map(|(id, ..)| *id).collect();
        (ids.len(), ids, outcome)
    };
    let groups = Outcome::ALL.map(group).into_iter().filter(|(count, ..)| *count > 0);
    groups.map(|(count, ids, outcome)| (ids, count, outcome)).collect()
}

/// Joins and leaves, and some of the people.
struct Both {
    joined: u32,
    left: u32,
    users: Vec<UserId>,
    /// Whether these are all.
    names_all: bool,
}

/// The one outcome of a run that is condensed in part.
///
/// # Errors
/// If there are joins and leaves: who came back is not known then.
fn counted(run: &[Joins<'_>]) -> Result<(Vec<UserId>, usize, Outcome), Both> {
    let mut both = Both { joined: 0, left: 0, users: Vec::new(), names_all: true };
    for joins in run {
        let users = match joins {
            Joins::One(id, is_join) => {
                both.joined += u32::from(*is_join);
                both.left += u32::from(!is_join);
                std::slice::from_ref(id)
            }
            Joins::Condensed(condensed) => {
                both.joined += condensed.joined;
                both.left += condensed.left;
                both.names_all &= condensed.names_all();
                &condensed.users
            }
        };
        for user in users {
            if !both.users.contains(user) {
                both.users.push(*user);
            }
        }
    }
    match (both.joined as usize, both.left as usize) {
        (joined, 0) => Ok((both.users, joined, Outcome::Joined)),
        (0, left) => Ok((both.users, left, Outcome::Left)),
        (..) => Err(both),
    }
}

impl Both {
    /// Formats `ana, ben and others came and went (5 joins, 2 leaves)`, or the counts alone if no name fits.
    fn text(&self, name_of: impl Fn(UserId) -> String, columns: usize) -> String {
        let counts = format!("{}, {}", number(self.joined, "join"), number(self.left, "leave"));
        let names: Vec<_> = self.users.iter().map(|id| name_of(*id)).collect();
        let at_most = |named: usize| match (&names[..named], !self.names_all || named < names.len()) {
            ([], _) => counts.clone(),
            (named, true) => format!("{} and others came and went ({counts})", named.join(", ")),
            ([only], false) => format!("{only} came and went ({counts})"),
            ([first @ .., last], false) => format!("{} and {last} came and went ({counts})", first.join(", ")),
        };
        let fitting = (0..=names.len()).rev().map(at_most).find(|text| width(text) <= columns);
        fitting.unwrap_or_else(|| fit(&at_most(0), columns).into_owned())
    }
}

fn number(count: u32, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

/// Formats `ana, ben and 10 others joined`, or `12 people joined` if no name fits.
fn group((names, count): (&[String], usize), named: usize, outcome: Outcome) -> String {
    let verb = outcome.verb();
    let names = &names[..names.len().min(named)];
    match (names, count - names.len()) {
        ([], 1) => format!("1 person {verb}"),
        ([], others) => format!("{others} people {verb}"),
        ([only], 0) => format!("{only} {verb}"),
        ([first @ .., last], 0) => format!("{} and {last} {verb}", first.join(", ")),
        (names, 1) => format!("{} and 1 other {verb}", names.join(", ")),
        (names, others) => format!("{} and {others} others {verb}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::Seq;
    use chat_proto::time::UnixMillis;

    use super::*;

    fn of(run: &[(u64, bool)], columns: usize) -> String {
        let run: Vec<_> = run.iter().map(|(id, is_join)| Joins::One(UserId(*id), *is_join)).collect();
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

    #[test]
    fn condensed_joins_are_counted_and_named_as_far_as_people_are_known() {
        let run = |joined, left, users: &[u64]| JoinRun {
            from_seq: Seq(1),
            to_seq: Seq(9),
            at: UnixMillis(0),
            joined,
            left,
            users: users.iter().map(|id| UserId(*id)).collect(),
        };
        let of = |run: &[Joins<'_>], columns| summarize(run, |id| format!("person{}", id.0), columns);
        let joined = run(12, 0, &[12, 11, 10]);
        let one = Joins::One(UserId(13), true);
        assert_eq!(of(&[Joins::Condensed(&joined)], 60), "person12, person11, person10 and 9 others joined");
        assert_eq!(
            of(&[Joins::Condensed(&joined), one], 60),
            "person12, person11, person10, person13 and 9 others joined"
        );
        assert_eq!(of(&[Joins::Condensed(&joined), one], 20), "13 people joined");
        assert_eq!(of(&[Joins::Condensed(&run(0, 1, &[4]))], 60), "person4 left");
        let mixed = run(3, 1, &[4, 5]);
        assert_eq!(of(&[Joins::Condensed(&mixed)], 60), "person4 and person5 came and went (3 joins, 1 leave)");
        assert_eq!(of(&[Joins::Condensed(&mixed)], 20), "3 joins, 1 leave");
        let many = run(20, 9, &[4, 5]);
        assert_eq!(
            of(&[Joins::Condensed(&many)], 70),
            "person4, person5 and others came and went (20 joins, 9 leaves)"
        );
        assert_eq!(of(&[Joins::Condensed(&run(1, 1, &[4]))], 60), "person4 came and went (1 join, 1 leave)");
    }
}
