//! Recognises the answer about the background when it comes after the probe, among keys: a slow line must not type it into
//! a message. Pure; must not know the terminal.

#![deny(clippy::disallowed_methods)]

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::Background;

/// How the answer begins, after `ESC ]`.
const START: &str = "11;rgb";
/// Longest answer, in characters.
const LONGEST: usize = 40;

/// The wait for an answer.
#[derive(Debug, Default)]
pub(super) struct LateAnswer {
    is_expected: bool,
    /// The events of what may be the answer.
    held: Vec<Event>,
    text: String,
}

/// The meaning of an event.
#[derive(Debug, PartialEq)]
pub(super) enum Sifted {
    /// It may belong to the answer: the next event tells.
    Held,
    /// These were keys.
    Keys(Vec<Event>),
    /// The answer is complete; `None` if it is no colour.
    Answer(Option<Background>),
}

impl LateAnswer {
    /// Waits for an answer if there is one to come.
    pub(super) fn expected(is_expected: bool) -> Self {
        Self { is_expected, ..Self::default() }
    }

    /// Whether events are held.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes an event.
    pub(super) fn sift(&mut self, event: Event) -> Sifted {
        let is_begun = self.is_holding();
        let key = if let Event::Key(key) = &event { Some(*key) } else { None };
        self.held.push(event);
        match key.filter(|_| self.is_expected) {
            // `ESC ]` reads as Alt and a bracket.
            Some(key) if !is_begun && is_alt(key, ']') => Sifted::Held,
            Some(key) if is_begun && self.text.len() > START.len() && is_end(key) => {
                let background = Background::of_answer(&self.text["11;".len()..]);
                *self = Self::default();
                Sifted::Answer(background)
            }
            Some(key) if is_begun && self.continues(key) => Sifted::Held,
            _ => Sifted::Keys(self.release()),
        }
    }

    /// Returns what is held: no answer pauses.
    pub(super) fn release(&mut self) -> Vec<Event> {
        self.text.clear();
        std::mem::take(&mut self.held)
    }

    fn continues(&mut self, key: KeyEvent) -> bool {
        let KeyCode::Char(c) = key.code else { return false };
        let is_plain = !key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL);
        let fits = match START.chars().nth(self.text.chars().count()) {
            Some(expected) => c == expected,
            None => c.is_ascii_hexdigit() || matches!(c, ':' | '/'),
        };
        self.text.push(c);
        is_plain && fits && self.text.len() <= LONGEST
    }
}

fn is_alt(key: KeyEvent, c: char) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers == KeyModifiers::ALT
}

/// `ESC \` or BEL, as they read among keys.
fn is_end(key: KeyEvent) -> bool {
    is_alt(key, '\\') || (key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    fn keys(text: &str) -> Vec<Event> {
        text.chars().map(|c| key(c, KeyModifiers::NONE)).collect()
    }

    /// The answer as the reader of keys sees it.
    fn answer(text: &str) -> Vec<Event> {
        let start = key(']', KeyModifiers::ALT);
        [vec![start], keys(text), vec![key('\\', KeyModifiers::ALT)]].concat()
    }

    #[test]
    fn a_late_answer_is_no_text() {
        let mut late = LateAnswer::expected(true);
        let sifted: Vec<_> = answer("11;rgb:fafa/FAFA/fafa").into_iter().map(|event| late.sift(event)).collect();
        let (last, before) = sifted.split_last().expect("some");
        assert!(before.iter().all(|sifted| *sifted == Sifted::Held));
        assert_eq!(*last, Sifted::Answer(Some(Background::Light)));
        assert_eq!(
            late.sift(key(']', KeyModifiers::ALT)),
            Sifted::Keys(vec![key(']', KeyModifiers::ALT)]),
            "only once"
        );
    }

    #[test]
    fn keys_that_only_begin_like_an_answer_are_all_kept() {
        for typed in ["1x", "11;rgb:0z", "2"] {
            let mut late = LateAnswer::expected(true);
            let events = [vec![key(']', KeyModifiers::ALT)], keys(typed)].concat();
            let mut kept = Vec::new();
            for event in events.clone() {
                if let Sifted::Keys(keys) = late.sift(event) {
                    kept.extend(keys);
                }
            }
            assert_eq!(kept, events, "{typed}");
        }
        let mut late = LateAnswer::expected(true);
        late.sift(key(']', KeyModifiers::ALT));
        late.sift(key('1', KeyModifiers::NONE));
        assert_eq!(late.release().len(), 2);
        assert!(!late.is_holding());
    }

    #[test]
    fn where_no_answer_is_due_nothing_is_held() {
        let mut late = LateAnswer::expected(false);
        assert!(answer("11;rgb:0/0/0").into_iter().all(|event| late.sift(event.clone()) == Sifted::Keys(vec![event])));
    }
}
