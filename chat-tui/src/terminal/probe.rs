//! Asks the terminal, in one go, for the facts that the environment does not reveal: its background, whether it tells
//! similar keys apart, the width of grapheme clusters, and whether it scrolls within columns. Runs before keys are read,
//! because the answers arrive as input; must not know what is drawn.

use std::io::{self, Write, stdin, stdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use termina::escape::csi::{Csi, Cursor, Device, Keyboard};
use termina::escape::osc::{ColorOrQuery, DynamicColorNumber, Osc};
use termina::{Event, Parser};

use super::Background;
use super::cluster::{Clusters, Kind};
use super::early_input::early_input;
use super::input::{Input, Inputs};

/// A terminal that has not answered by then is taken as it is. Later answers are recognised where keys are read.
const LIMIT: Duration = Duration::from_millis(200);
/// An answer that has begun is awaited for this long beyond the limit.
const REST: Duration = Duration::from_millis(50);
/// The terminal is asked for its background (OSC 11), and its keyboard protocol (kitty). Its attributes (DA1) come last:
/// every terminal answers in order, so that everything else was answered before, or never will be.
const BACKGROUND: &str = "\x1b]11;?\x1b\\";
const KEYBOARD: &str = "\x1b[?u";
const LAST: &str = "\x1b[c";
/// Asks for the cursor's position.
const POSITION: &str = "\x1b[6n";

/// The facts that the probe found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeResult {
    pub(super) clusters: Clusters,
    pub(super) has_margins: bool,
    /// Whether the terminal tells similar keys apart, as Enter and Shift+Enter.
    pub(super) knows_keyboard: bool,
    /// Its background.
    pub background: Option<Background>,
}

#[cfg(test)]
impl ProbeResult {
    /// The result for a terminal that scrolls within columns.
    pub(crate) fn with_margins() -> Self {
        Self { has_margins: true, ..Self::default() }
    }
}

/// The facts, and what was typed meanwhile.
#[derive(Debug, Default)]
pub struct Probe {
    /// The facts.
    pub found: ProbeResult,
    /// The keys that were pressed before and meanwhile.
    typed: Vec<Input>,
    /// Whether the background's answer may still come.
    is_outstanding: bool,
}

impl Probe {
    /// Begins to read keys: first those that came meanwhile.
    pub fn into_inputs(self) -> Inputs {
        Inputs::after(self.typed, self.is_outstanding)
    }
}

/// Probes a terminal; overwrites its first row.
///
/// # Errors
/// The terminal cannot be written to or read from.
pub(super) fn probe() -> io::Result<Probe> {
    let mut out = stdout();
    out.write_all(questions().as_bytes())?;
    out.flush()?;
    Ok(evaluated(&answers(Instant::now() + LIMIT)?))
}

/// Returns all questions. Nothing of them is left on the screen but an empty first row.
fn questions() -> String {
    let samples: String = Kind::SAMPLES.iter().map(|(_, sample)| format!("\x1b[H\x1b[2K{sample}{POSITION}")).collect();
    // With margins, a carriage return goes to the left margin (DEC STD 070, DECLRMM).
    let margins = format!("\x1b[H\x1b[2K\x1b[?69h\x1b[3;9s\x1b[1;6H\r{POSITION}\x1b[?69l\x1b[r");
    format!("\x1b[?2026h{KEYBOARD}{BACKGROUND}\x1b[m{samples}{margins}\x1b[H\x1b[2K\x1b[?2026l{LAST}")
}

/// Reads until the last answer, or until `end`.
fn answers(end: Instant) -> io::Result<Vec<Event>> {
    let input = stdin();
    let mut parser = Parser::default();
    let (mut events, mut received) = (Vec::new(), Vec::new());
    let mut bytes = [0; 1_024];
    while !events.iter().any(is_last) {
        let end = if is_cut(&received) { end + REST } else { end };
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: 0, tv_nsec: left.as_nanos() as i64 };
        match poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&left)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let count = rustix::io::read(&input, &mut bytes)?;
        if count == 0 {
            break;
        }
        received.extend_from_slice(&bytes[..count]);
        parser.parse(&bytes[..count], true);
        events.extend(std::iter::from_fn(|| parser.pop()));
    }
    // An Escape at the end was pressed alone.
    parser.parse(&[], false);
    events.extend(std::iter::from_fn(|| parser.pop()));
    Ok(events)
}

/// Returns whether the input ends within an answer to OSC 11.
fn is_cut(received: &[u8]) -> bool {
    let start = received.windows(2).rposition(|two| two == b"\x1b]");
    let is_end = |rest: &[u8]| rest.contains(&7) || rest.windows(2).any(|two| two == b"\x1b\\");
    start.is_some_and(|start| !is_end(&received[start..]))
}

fn is_last(event: &Event) -> bool {
    matches!(event, Event::Csi(Csi::Device(Device::DeviceAttributes(()))))
}

/// Tells answers from keys, and evaluates them.
fn evaluated(events: &[Event]) -> Probe {
    let mut probe = Probe::default();
    let mut columns = Vec::new();
    for event in events {
        match event {
            Event::Csi(Csi::Keyboard(Keyboard::ReportFlags(_))) => probe.found.knows_keyboard = true,
            Event::Csi(Csi::Cursor(Cursor::ActivePositionReport { col, .. })) => columns.push(col.get_zero_based()),
            Event::Osc(Osc::ChangeDynamicColors(DynamicColorNumber::TextBackgroundColor, colors)) => {
                let color = colors.iter().find_map(|color| match color {
                    ColorOrQuery::Color(color) => Some(*color),
                    ColorOrQuery::Query => None,
                });
                probe.found.background = color.map(Background::of_color);
            }
            other => probe.typed.extend(early_input(other)),
        }
    }
    let is_complete = events.iter().any(is_last);
    probe.is_outstanding = !is_complete && probe.found.background.is_none();
    // A terminal that answers only some of the questions tells us nothing about its cells.
    if let ([samples @ .., margin], true) = (&columns[..], columns.len() == Kind::SAMPLES.len() + 1) {
        probe.found.has_margins = *margin == 2;
        let expected = Kind::SAMPLES.iter().zip(samples).filter(|((kind, _), drawn)| kind.sample_columns() == **drawn);
        expected.for_each(|((kind, _), _)| probe.found.clusters.trust(*kind));
    }
    probe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::{Code, Key};

    fn probed(answers: &str) -> Probe {
        let mut parser = Parser::default();
        parser.parse(answers.as_bytes(), false);
        evaluated(&std::iter::from_fn(|| parser.pop()).collect::<Vec<_>>())
    }

    #[test]
    fn one_round_trip_tells_all() {
        let probe =
            probed("\x1b[?0u\x1b]11;rgb:fafa/fafa/fafa\x1b\\\x1b[1;6R\x1b[1;3R\x1b[1;3R\x1b[1;3R\x1b[1;3R\x1b[?62;22c");
        assert!(probe.found.knows_keyboard && probe.found.has_margins && !probe.is_outstanding);
        assert_eq!(probe.found.background, Some(Background::Light));
        assert_eq!(probe.found.clusters.shown("🇩🇪"), "🇩🇪");
        assert_eq!(probe.typed, []);
        assert_eq!(questions().matches(POSITION).count(), Kind::SAMPLES.len() + 1);
        assert!(questions().ends_with(LAST));
    }

    #[test]
    fn what_a_terminal_draws_otherwise_is_not_trusted() {
        // Like tmux 3.3: each letter of a flag takes a column, and a long cluster is cut in two.
        let probe = probed("\x1b[1;5R\x1b[1;7R\x1b[1;3R\x1b[1;2R\x1b[1;1R\x1b[?1;2c");
        let clusters = probe.found.clusters;
        assert!(!probe.found.has_margins && !probe.found.knows_keyboard);
        assert_eq!([clusters.shown("🇩🇪"), clusters.shown("👍🏽")], ["DE", "👍🏽"]);
        let silent = probed("\x1b[1;6R\x1b[?1;2c");
        assert_eq!(silent.found, ProbeResult::default(), "half of the answers are none");
    }

    #[test]
    fn keys_between_the_answers_are_kept_in_their_order() {
        let probe = probed("h\x1b[?1uél\x1b]11;rgb:0/0/0\x07\x1b[A\r\x1b[?6c\x1b[200~pa\nste\x1b[201~");
        let key = |code| Input::Key(Key::plain(code));
        let typed: Vec<_> = ['h', 'é', 'l'].into_iter().map(|c| key(Code::Char(c))).collect();
        assert_eq!(probe.typed[..3], typed);
        assert_eq!(probe.typed[3..], [key(Code::Up), key(Code::Enter), Input::Paste("pa\nste".into())]);
        assert_eq!(probe.found.background, Some(Background::Dark));
    }

    #[test]
    fn half_an_answer_is_awaited_to_its_end() {
        assert!(is_cut(b"x\x1b]11;rgb:ff") && is_cut(b"\x1b]11;rgb:f/f/f\x1b"));
        assert!(!is_cut(b"") && !is_cut(b"\x1b]11;rgb:f/f/f\x07y") && !is_cut(b"\x1b]11;rgb:f/f/f\x1b\\"));
    }

    #[test]
    fn an_answer_that_has_not_come_is_awaited() {
        assert!(probed("").is_outstanding && probed("x").is_outstanding);
        assert!(!probed("\x1b[?6c").is_outstanding, "this terminal does not know the question");
    }
}
