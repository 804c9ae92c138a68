//! A text with a cursor, and the keys of a text field. Moves by grapheme, so that the cursor never stands inside a
//! character. Must not know what the text is for.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::undo::{Change, State, Undo};

/// A text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    /// A byte of `text`, between two graphemes.
    cursor: usize,
    /// Its former states.
    undo: Undo,
}

impl Editor {
    /// A text with the cursor at its end.
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text, ..Self::default() }
    }

    /// A text with the cursor at the end of its first line.
    pub fn at_first_line(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.find('\n').unwrap_or(text.len()), text, ..Self::default() }
    }

    /// Takes the last change back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let former = self.undo.undo(|| (self.text.clone(), self.cursor));
        self.replace_state(former)
    }

    /// Makes the last undone change again. Returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let later = self.undo.redo(|| (self.text.clone(), self.cursor));
        self.replace_state(later)
    }

    fn replace_state(&mut self, state: Option<State>) -> bool {
        let is_there = state.is_some();
        if let Some(state) = state {
            (self.text, self.cursor) = state;
        }
        is_there
    }

    fn remember(&mut self, change: Change) {
        self.undo.before(change, (&self.text, self.cursor));
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor stands, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the text and leaves the editor empty.
    pub fn take(&mut self) -> String {
        self.remember(Change::Other);
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Inserts text at the cursor.
    pub fn insert(&mut self, text: &str) {
        let is_letter = text.chars().count() == 1 && !text.contains(char::is_whitespace);
        let change = if is_letter { Change::Typing } else { Change::Other };
        self.remember(change);
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        // The inserted text may have joined its neighbours into one character.
        self.cursor = self.boundary_at_or_after(self.cursor);
        self.undo.after(change, self.cursor);
    }

    /// Replaces the text between `start` and the cursor.
    pub fn replace_before(&mut self, start: usize, text: &str) {
        let start = start.min(self.cursor);
        if self.text.is_char_boundary(start) {
            self.text.replace_range(start..self.cursor, "");
            self.cursor = start;
            self.insert(text);
        }
    }

    /// Deletes the character to the left.
    pub fn delete_left(&mut self) -> bool {
        let start = self.left_of(self.cursor);
        self.delete(Change::Erasing, start, self.cursor).is_some()
    }

    /// Deletes the character to the right.
    pub fn delete_right(&mut self) -> bool {
        let end = self.right_of(self.cursor);
        self.delete(Change::Erasing, self.cursor, end).is_some()
    }

    /// Deletes the word to the left and returns it.
    pub fn delete_word_left(&mut self) -> Option<String> {
        self.delete(Change::Other, self.word_start(), self.cursor)
    }

    /// Deletes the word to the right and returns it.
    pub fn delete_word_right(&mut self) -> Option<String> {
        self.delete(Change::Other, self.cursor, self.word_end())
    }

    /// Deletes to the beginning of the line (there: the line end before it) and returns the deleted text.
    pub fn delete_to_start(&mut self) -> Option<String> {
        let start = self.line_start_at(self.cursor);
        let start = if start == self.cursor { self.left_of(start) } else { start };
        self.delete(Change::Other, start, self.cursor)
    }

    /// Deletes to the end of the line (there: the line end itself) and returns the deleted text.
    pub fn delete_to_end(&mut self) -> Option<String> {
        let end = self.line_end_at(self.cursor);
        let end = if end == self.cursor { self.right_of(end) } else { end };
        self.delete(Change::Other, self.cursor, end)
    }

    /// Moves one character to the left.
    pub fn left(&mut self) {
        self.cursor = self.left_of(self.cursor);
    }

    /// Moves one character to the right.
    pub fn right(&mut self) {
        self.cursor = self.right_of(self.cursor);
    }

    /// Moves to the beginning of the word.
    pub fn word_left(&mut self) {
        self.cursor = self.word_start();
    }

    /// Moves to the end of the word.
    pub fn word_right(&mut self) {
        self.cursor = self.word_end();
    }

    /// Moves to the beginning of the line.
    pub fn to_line_start(&mut self) {
        self.cursor = self.line_start_at(self.cursor);
    }

    /// Moves to the end of the line.
    pub fn to_line_end(&mut self) {
        self.cursor = self.line_end_at(self.cursor);
    }

    /// Moves to the same column of the line above. Returns whether there is one.
    pub fn up(&mut self) -> bool {
        let start = self.line_start_at(self.cursor);
        if start == 0 {
            return false;
        }
        self.move_into(self.line_start_at(start - 1));
        true
    }

    /// Moves to the same column of the line below. Returns whether there is one.
    pub fn down(&mut self) -> bool {
        let end = self.line_end_at(self.cursor);
        if end == self.text.len() {
            return false;
        }
        self.move_into(end + 1);
        true
    }

    /// The offset in the line that begins at `start` that has the cursor's column.
    fn move_into(&mut self, start: usize) {
        let columns = crate::text::width(&self.text[self.line_start_at(self.cursor)..self.cursor]);
        self.place_in(start..self.line_end_at(start), columns);
    }

    /// Places the cursor in a row of the text, after as many columns, or at its end. A row that is not there any more
    /// changes nothing.
    pub fn place_in(&mut self, row: Range<usize>, columns: usize) {
        let Some(shown) = self.text.get(row.clone()) else { return };
        let mut used = 0;
        self.cursor = row.end;
        for (at, grapheme) in shown.grapheme_indices(true) {
            if used >= columns {
                self.cursor = row.start + at;
                break;
            }
            used += crate::text::width(grapheme);
        }
    }

    fn delete(&mut self, change: Change, start: usize, end: usize) -> Option<String> {
        if start >= end {
            return None;
        }
        self.remember(change);
        let gone = self.text[start..end].to_owned();
        self.text.replace_range(start..end, "");
        self.cursor = self.boundary_at_or_after(start);
        self.undo.after(change, self.cursor);
        Some(gone)
    }

    fn left_of(&self, at: usize) -> usize {
        self.text[..at].grapheme_indices(true).next_back().map_or(0, |(start, _)| start)
    }

    fn right_of(&self, at: usize) -> usize {
        self.text[at..].graphemes(true).next().map_or(at, |grapheme| at + grapheme.len())
    }

    fn boundary_at_or_after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at.min(self.text.len()), self.text.len(), true);
        match cursor.is_boundary(&self.text, 0) {
            Ok(false) => cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len()),
            Ok(true) | Err(_) => at.min(self.text.len()),
        }
    }

    fn line_start_at(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn line_end_at(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end)
    }

    fn word_start(&self) -> usize {
        let words = self.text[..self.cursor].split_word_bound_indices().rev();
        words.filter(|(_, word)| is_word(word)).map(|(start, _)| start).next().unwrap_or(0)
    }

    fn word_end(&self) -> usize {
        let words = self.text[self.cursor..].split_word_bound_indices();
        let end = |(start, word): (usize, &str)| self.cursor + start + word.len();
        words.filter(|(_, word)| is_word(word)).map(end).next().unwrap_or(self.text.len())
    }
}

fn is_word(piece: &str) -> bool {
    piece.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_of_several_parts_are_one() {
        let mut editor = Editor::with("ae\u{301}👩‍👩‍👧");
        editor.delete_left();
        assert_eq!(editor.text(), "ae\u{301}");
        editor.left();
        assert_eq!(editor.cursor(), 1);
        editor.delete_right();
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_are_undone_and_made_again() {
        let mut editor = Editor::default();
        "one two".chars().for_each(|c| editor.insert(c.encode_utf8(&mut [0; 4])));
        editor.delete_left();
        editor.delete_left();
        editor.delete_to_start();
        let mut undone = Vec::new();
        while editor.undo() {
            undone.push(editor.text().to_owned());
        }
        assert_eq!(undone, ["one t", "one two", "one ", "one", ""]);
        assert!(editor.redo() && editor.redo());
        assert_eq!((editor.text(), editor.cursor()), ("one ", 4));
        editor.insert("x");
        assert!(!editor.redo(), "a new change takes the place of those undone");
    }

    #[test]
    fn words_and_lines_are_found() {
        let mut editor = Editor::with("one two-three\nfour");
        assert_eq!(editor.delete_word_left().as_deref(), Some("four"));
        assert_eq!(editor.delete_to_start().as_deref(), Some("\n"));
        editor.word_left();
        assert_eq!(&editor.text()[editor.cursor()..], "three");
        assert_eq!(editor.delete_to_end().as_deref(), Some("three"));
        editor.to_line_start();
        editor.word_right();
        assert_eq!(editor.cursor(), 3);
    }

    #[test]
    fn up_and_down_keep_the_column_where_they_can() {
        let mut editor = Editor::with("日本語\nab\nabcdef");
        assert!(editor.up());
        assert_eq!(&editor.text()[editor.cursor()..], "\nabcdef");
        assert!(editor.up());
        assert_eq!(&editor.text()[..editor.cursor()], "日");
        assert!(!editor.up());
        assert!(editor.down() && editor.down() && !editor.down());
    }

    proptest! {
        #[test]
        fn the_cursor_never_stands_inside_a_character(
            steps in proptest::collection::vec((0u8..12, "[a👍\u{301}\n \u{200d}é]{0,3}"), 1..60)
        ) {
            let mut editor = Editor::default();
            for (step, text) in steps {
                match step {
                    0..=3 => editor.insert(&text),
                    4 => drop(editor.delete_left()),
                    5 => drop(editor.delete_right()),
                    6 => editor.left(),
                    7 => editor.right(),
                    8 => drop(editor.up()),
                    9 => drop(editor.down()),
                    10 => editor.word_left(),
                    _ => drop(editor.delete_word_right()),
                }
                let mut cursor = GraphemeCursor::new(editor.cursor(), editor.text().len(), true);
                prop_assert_eq!(cursor.is_boundary(editor.text(), 0), Ok(true));
            }
        }
    }
}
