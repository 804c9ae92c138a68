//! The list of the lines sent before, found by pieces of them, the newest first. Must not know the input box, or what is
//! done with a line that is taken.

#![deny(clippy::disallowed_methods)]

use std::collections::HashSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::editor::Editor;
use crate::text::SafeText;

/// The list of the lines sent before, and the query typed into it.
#[derive(Debug)]
pub struct HistorySearch {
    /// The query.
    pub query: Editor,
    /// The matching lines, the newest first.
    pub lines: Vec<FoundLine>,
    /// The index of the selected line.
    pub selected: usize,
    /// All lines, the newest first, each once: as it is shown, and as it was typed.
    all: Vec<(SafeText, Box<str>)>,
}

/// A line that matches the query.
#[derive(Debug)]
pub struct FoundLine {
    /// Its index among all lines.
    at: usize,
    /// Indices of the characters that match the query.
    pub found: Vec<u32>,
}

impl HistorySearch {
    /// A list of these lines, the newest first.
    pub(super) fn new<'a>(newest_first: impl Iterator<Item = &'a str>) -> Self {
        let mut seen = HashSet::new();
        let all = newest_first.filter(|line| seen.insert(*line)).map(|line| (SafeText::line(line), line.into()));
        let mut search = Self { query: Editor::default(), lines: Vec::new(), selected: 0, all: all.collect() };
        search.find();
        search
    }

    /// A line as it is shown.
    pub fn shown(&self, line: &FoundLine) -> &str {
        self.all[line.at].0.as_str()
    }

    /// The selected line as it was typed.
    pub(super) fn chosen(&self) -> Option<&str> {
        let line = self.lines.get(self.selected)?;
        Some(&self.all[line.at].1)
    }

    /// Fills the list with the lines that contain each word of the query.
    pub(super) fn find(&mut self) {
        let query = self.query.text();
        let pattern = Pattern::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Substring);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut matching = |at: usize| {
            let mut found = Vec::new();
            let text = Utf32Str::new(self.all[at].0.as_str(), &mut buffer);
            pattern.indices(text, &mut matcher, &mut found).map(|_| FoundLine { at, found })
        };
        self.lines = (0..self.all.len()).filter_map(&mut matching).collect();
        self.selected = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> HistorySearch {
        let newest_first = ["deploy api", "/topic Ship it", "deploy web", "deploy api", "lunch?"];
        let mut search = HistorySearch::new(newest_first.into_iter());
        search.query = Editor::with(query);
        search.find();
        search
    }

    fn found(query: &str) -> Vec<String> {
        let search = search(query);
        search.lines.iter().map(|line| search.shown(line).to_owned()).collect()
    }

    #[test]
    fn lines_are_found_by_pieces_the_newest_first_and_each_once() {
        assert_eq!(found(""), ["deploy api", "/topic Ship it", "deploy web", "lunch?"]);
        assert_eq!(found("deploy"), ["deploy api", "deploy web"]);
        assert_eq!(found("web dep"), ["deploy web"]);
        assert_eq!(found("ship"), ["/topic Ship it"], "small letters find capitals");
        assert_eq!(found("dpl"), Vec::<String>::new(), "letters in between are no match");
        assert_eq!(search("unc").lines[0].found, [1, 2, 3]);
    }
}
