//! Grapheme clusters whose width depends on the terminal: flags, skin tones, families, signs shown as emoji. If the
//! terminal disagrees with our width, a simpler text of that width is drawn instead. Must not know how the terminal's
//! width was found out. Pure.

#![deny(clippy::disallowed_methods)]

use std::borrow::Cow;

use crate::text::width;

/// The ways in which these clusters are composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Two regional indicators that form a flag.
    Flag,
    /// Several pictures joined into one.
    Joined,
    /// A picture followed by a skin tone.
    Tone,
    /// A sign with a variation selector that shows it as an emoji.
    Presented,
}

impl Kind {
    /// All kinds, each with the sample that probes a terminal.
    pub(super) const SAMPLES: [(Self, &'static str); 4] = [
        // A pair and a single letter. A terminal that gives each letter a column draws the pair in two columns as well,
        // but as two letters, which come apart when one of them is overwritten.
        (Self::Flag, "\u{1f1e9}\u{1f1ea} \u{1f1e9}"),
        // One of the longest: tmux 3.3 joins up to 21 bytes and draws the rest separately.
        (Self::Joined, "\u{1f468}\u{1f3fd}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f48b}\u{200d}\u{1f468}\u{1f3ff}"),
        (Self::Tone, "\u{1f44d}\u{1f3fd}"),
        (Self::Presented, "\u{2764}\u{fe0f}"),
    ];

    /// Columns of its sample if clusters are drawn as one; a single letter of a flag is as wide as a flag.
    pub(super) fn sample_columns(self) -> u16 {
        if self == Self::Flag { 5 } else { 2 }
    }

    /// Returns the kind of a cluster; `None` if its width is certain.
    fn of(cluster: &str) -> Option<Self> {
        if cluster.chars().nth(1).is_none() && !cluster.starts_with(is_flag_letter) {
            return None;
        }
        let has = |is_it: fn(char) -> bool| cluster.contains(is_it);
        if has(|c| c == '\u{200d}') {
            Some(Self::Joined)
        } else if has(is_flag_letter) {
            Some(Self::Flag)
        } else if has(|c| ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)) {
            Some(Self::Tone)
        } else if has(|c| c == '\u{fe0f}' || c == '\u{20e3}') {
            Some(Self::Presented)
        } else {
            None
        }
    }
}

fn is_flag_letter(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

/// The kinds that the terminal draws in the width we count; none before the probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    drawn: [bool; 4],
}

impl Clusters {
    /// Notes that the terminal drew a kind in its expected width.
    pub(super) fn trust(&mut self, kind: Kind) {
        self.drawn[kind as usize] = true;
    }

    /// Returns the text to send for a cluster: the cluster, or a simpler text of the same width.
    pub(super) fn shown(self, cluster: &str) -> Cow<'_, str> {
        match Kind::of(cluster) {
            Some(kind) if !self.drawn[kind as usize] => plain(kind, cluster).into(),
            Some(_) | None => cluster.into(),
        }
    }
}

/// Returns a simpler text of the same width: the letters of a flag, otherwise the first character.
fn plain(kind: Kind, cluster: &str) -> String {
    let columns = width(cluster);
    let mut plain: String = match kind {
        Kind::Flag => cluster.chars().filter_map(letter).collect(),
        Kind::Joined | Kind::Tone | Kind::Presented => cluster.chars().take(1).collect(),
    };
    if width(&plain) > columns {
        "?".clone_into(&mut plain);
    }
    plain.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&plain))));
    plain
}

fn letter(c: char) -> Option<char> {
    let offset = u32::from(c).checked_sub(0x1f1e6).filter(|offset| *offset < 26)?;
    char::from_u32(u32::from('A') + offset)
}

/// Returns whether terminals agree on the width of a cell's text: plain characters and the wide East Asian scripts.
pub(super) fn is_sure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => only.is_ascii() || is_east_asian(only) || width(symbol) == 1,
        _ => false,
    }
}

/// Kana, Han, Hangul and their full-width forms, which are wide since Unicode 3.
fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_terminal_draws_otherwise_is_drawn_as_something_simpler_of_the_same_width() {
        let unknown = Clusters::default();
        let shown = |cluster| unknown.shown(cluster).into_owned();
        assert_eq!(shown("🇩🇪"), "DE");
        assert_eq!(shown("👍🏽"), "👍");
        assert_eq!(shown("👨‍👩‍👧‍👦"), "👨");
        assert_eq!(shown("❤\u{fe0f}"), "❤ ");
        assert_eq!([shown("é"), shown("e\u{301}"), shown("漢"), shown("👍")], ["é", "e\u{301}", "漢", "👍"]);
        for (kind, sample) in Kind::SAMPLES {
            let sample = sample.split(' ').next().expect("a cluster");
            assert_eq!(width(&shown(sample)), 2, "{kind:?}");
            assert_eq!((Kind::of(sample), width(sample)), (Some(kind), 2));
            let mut known = Clusters::default();
            known.trust(kind);
            assert_eq!(known.shown(sample), sample);
        }
    }

    #[test]
    fn only_what_terminals_agree_on_is_sure() {
        assert!(["a", "é", "│", "漢", "か", "한"].into_iter().all(is_sure));
        assert!(!["👍", "🇩🇪", "👍🏽", "e\u{301}", "❤\u{fe0f}"].into_iter().any(is_sure));
    }
}
