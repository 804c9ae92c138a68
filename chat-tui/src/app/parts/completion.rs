//! Completes `/commands`, their arguments, `@people` and `#rooms` before the cursor. Must not know keys.

#![deny(clippy::disallowed_methods)]

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::recent::Recent;
use super::rooms::room::Room;
use super::server::Server;
use crate::action::Action;
use crate::app::state::completion::{Candidate, Completion};
use crate::argument::{Choice, RSVPS, TTL_PRESETS};

/// Candidates offered; the view shows a part of them.
const CANDIDATES_MAX: usize = 200;

/// The completion under way.
#[derive(Debug, Default)]
pub struct Completing(Option<Completion>);

impl Completing {
    /// The completion under way.
    pub fn under_way(&self) -> Option<&Completion> {
        self.0.as_ref()
    }

    /// Ends it. Returns whether there was one.
    pub fn stop(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// Completes the word before the cursor of the room's draft; pressed again, takes the next candidate. `found` is
    /// the answer of `candidates`.
    pub fn step(&mut self, step: isize, found: Option<(usize, Vec<Candidate>)>, room: &mut Room) {
        let next = if let Some(completion) = self.0.take() {
            let count = completion.candidates.len();
            let chosen = (completion.chosen + count).wrapping_add_signed(step) % count;
            Completion { chosen, ..completion }
        } else {
            let Some((start, candidates)) = found else { return };
            let chosen = if step < 0 { candidates.len() - 1 } else { 0 };
            Completion { start, candidates, chosen }
        };
        room.writing.draft.replace_before(next.start, &next.candidates[next.chosen].text);
        room.writing.is_draft_saved = false;
        // With a single candidate, the next press begins a new completion.
        self.0 = Some(next).filter(|completion| completion.candidates.len() > 1);
    }
}

/// The facts that candidates come from.
pub struct Known<'a> {
    /// The open room.
    pub room: &'a Room,
    /// Its server.
    pub server: &'a Server,
    /// Returns the account's rooms in the order of the list.
    pub rooms: &'a dyn Fn() -> Vec<&'a Room>,
    /// The commands used last.
    pub recent: &'a Recent,
}

/// The candidates for the word before the cursor, and the byte offset of that word.
pub fn candidates(known: &Known) -> Option<(usize, Vec<Candidate>)> {
    let room = known.room;
    let before = &room.writing.draft.text()[..room.writing.draft.cursor()];
    let start =
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let piece = &before[start..];
    let mut found = match (piece.chars().next(), before.strip_prefix('/')) {
        (Some('/'), _) if start == 0 && room.writing.editing.is_none() => commands(&piece[1..], known.recent),
        (Some('@'), _) => people(known, &piece[1..]),
        (Some('#'), _) => rooms(known, &piece[1..], "#"),
        (_, Some(command)) => arguments(known, command, piece),
        _ => Vec::new(),
    };
    found.truncate(CANDIDATES_MAX);
    (!found.is_empty()).then_some((start, found))
}

/// Those used last first.
fn commands(typed: &str, recent: &Recent) -> Vec<Candidate> {
    let slashes = Action::TABLE.iter().filter_map(|spec| spec.slash.map(|slash| (slash, spec)));
    let mut slashes: Vec<_> = slashes.collect();
    slashes.sort_by_key(|(slash, _)| slash.word);
    let mut found = matching(slashes, typed, |(slash, _)| slash.word);
    found.sort_by_key(|(_, spec)| recent.of_command(spec.action).unwrap_or(usize::MAX));
    found
        .into_iter()
        .map(|(slash, spec)| (slash, spec.help))
        .map(|(slash, help)| Candidate {
            text: format!("/{}{}", slash.word, if slash.argument.is_empty() { "" } else { " " }),
            help: if slash.argument.is_empty() { help.to_owned() } else { format!("{} — {help}", slash.argument) },
        })
        .collect()
}

/// Those whose name begins with what was typed, in their order; if there are none, those that contain its letters in
/// this order, best first.
fn matching<T>(all: Vec<T>, typed: &str, name: impl Fn(&T) -> &str) -> Vec<T> {
    if all.iter().any(|one| name(one).starts_with(typed)) {
        return all.into_iter().filter(|one| name(one).starts_with(typed)).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut score = |one: &T| pattern.score(Utf32Str::new(name(one), &mut buffer), &mut matcher);
    let mut found: Vec<_> = all.into_iter().filter_map(|one| Some((score(&one)?, one))).collect();
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    found.into_iter().map(|(_, one)| one).collect()
}

/// Members of the room first, then everyone whose name is known.
fn people(known: &Known, typed: &str) -> Vec<Candidate> {
    let (room, server) = (known.room, known.server);
    let typed = typed.to_lowercase();
    let others = server.people().filter(|user| Some(user.id) != server.my_id());
    let mut found: Vec<_> =
        others.map(|user| (!room.people.members.contains(&user.id), user.name.to_string())).collect();
    found.sort();
    let found = matching(found, &typed, |(_, name)| name);
    let offer = |(is_elsewhere, name): (bool, String)| Candidate {
        text: format!("@{name} "),
        help: if is_elsewhere { "not in this room".to_owned() } else { String::new() },
    };
    found.into_iter().map(offer).collect()
}

fn rooms(known: &Known, typed: &str, mark: &str) -> Vec<Candidate> {
    let typed = typed.to_lowercase();
    let all = (known.rooms)().into_iter();
    let matching = all.filter(|room| room.info.name.as_ref().is_some_and(|name| name.as_str().starts_with(&typed)));
    matching
        .filter_map(|room| {
            let help = room.info.topic.as_ref().map_or_else(String::new, |topic| topic.text.to_string());
            Some(Candidate { text: format!("{mark}{} ", room.info.name.as_ref()?), help })
        })
        .collect()
}

/// The arguments a command takes.
fn arguments(known: &Known, command: &str, piece: &str) -> Vec<Candidate> {
    let Some((word, before)) = command.split_once(' ') else { return Vec::new() };
    if before.trim_start() != piece {
        return Vec::new();
    }
    let offered = match Action::commanded(word) {
        Some(Action::SendEphemeral) => words(TTL_PRESETS),
        Some(Action::Rsvp) => words(RSVPS),
        Some(Action::Topic | Action::Describe) if piece.starts_with('-') => vec![("-clear", "for all")],
        Some(Action::Theme) => vec![("auto", "by the terminal's background"), ("dark", ""), ("light", "")],
        Some(Action::SwitchRoom | Action::Join) => return rooms(known, piece, ""),
        _ => Vec::new(),
    };
    let matching = offered.into_iter().filter(|(text, _)| text.starts_with(piece));
    matching.map(|(text, help)| Candidate { text: format!("{text} "), help: help.to_owned() }).collect()
}

/// The words of a table of arguments, with their help.
fn words<T>(choices: &[Choice<T>]) -> Vec<(&'static str, &'static str)> {
    choices.iter().map(|choice| (choice.word, choice.help)).collect()
}
