//! Probes the terminal for facts that the environment does not reveal: the width of grapheme clusters, and whether it
//! scrolls within columns. Runs before keys are read, because the answers arrive as input; must not know what is drawn.

use std::io::{self, Write, stdout};

use crossterm::cursor::position;

use super::cluster::{Clusters, Kind};

/// The facts that the probe found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeResult {
    pub(super) clusters: Clusters,
    pub(super) has_margins: bool,
}

#[cfg(test)]
impl ProbeResult {
    /// The result for a terminal that scrolls within columns.
    pub(crate) fn with_margins() -> Self {
        Self { has_margins: true, ..Self::default() }
    }
}

/// Probes a terminal that answers questions; overwrites its first row.
///
/// # Errors
/// The terminal cannot be written to, or does not answer.
pub(super) fn probe() -> io::Result<ProbeResult> {
    let found = probe_with(|sequence| {
        send(sequence)?;
        Ok(position()?.0)
    });
    send("\x1b[?69l\x1b[r")?;
    found
}

fn send(sequence: &str) -> io::Result<()> {
    let mut out = stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// Probes a terminal; `column_after` sends a sequence and returns the cursor's column after it, from 0.
fn probe_with(mut column_after: impl FnMut(&str) -> io::Result<u16>) -> io::Result<ProbeResult> {
    let mut found = ProbeResult::default();
    let all: String = Kind::SAMPLES.iter().map(|(_, sample)| *sample).collect();
    let expected: u16 = Kind::SAMPLES.iter().map(|(kind, _)| kind.sample_columns()).sum();
    let are_all_right = column_after(&format!("\x1b[m\x1b[H{all}"))? == expected;
    for (kind, sample) in Kind::SAMPLES {
        // One question if the terminal draws all samples as expected, otherwise one for each.
        if are_all_right || column_after(&format!("\x1b[H\x1b[2K{sample}"))? == kind.sample_columns() {
            found.clusters.trust(kind);
        }
    }
    // With margins, a carriage return goes to the left margin (DEC STD 070, DECLRMM).
    found.has_margins = column_after("\x1b[H\x1b[2K\x1b[?69h\x1b[3;9s\x1b[1;6H\r")? == 2;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_asked_once_where_it_draws_all_as_expected() {
        let mut asked = 0;
        let found = probe_with(|sequence| {
            asked += 1;
            Ok(if sequence.contains("?69h") { 2 } else { 11 })
        });
        let found = found.expect("it answers");
        assert_eq!((asked, found.has_margins), (2, true));
        assert_eq!(found.clusters.shown("🇩🇪"), "🇩🇪");
    }

    #[test]
    fn what_a_terminal_draws_otherwise_is_not_trusted() {
        let found = probe_with(|sequence| {
            // Like tmux 3.3: each letter of a flag takes a column, and a long cluster is cut in two.
            Ok(match sequence.trim_start_matches("\u{1b}[H\u{1b}[2K") {
                "\u{1f44d}\u{1f3fd}" => 2,
                "\u{1f1e9}\u{1f1ea} \u{1f1e9}" => 4,
                "\u{2764}\u{fe0f}" => 1,
                _ => 6,
            })
        });
        let found = found.expect("it answers");
        assert!(!found.has_margins);
        assert_eq!([found.clusters.shown("🇩🇪"), found.clusters.shown("👍🏽")], ["DE", "👍🏽"]);
    }
}
