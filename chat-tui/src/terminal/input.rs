//! Translates the terminal's events into our own types. Must not know what a key does.

use std::collections::VecDeque;

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures_util::StreamExt;
use tokio::time::{Duration, timeout};

use super::Background;
use super::late_answer::{LateAnswer, Sifted};
use crate::keymap::{Code, Key};

/// The parts of an answer come without a pause of this length.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines per step of the wheel.
const WHEEL: i32 = 3;

/// An input event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A whole paste.
    Paste(String),
    /// The mouse.
    Pointer(Pointer),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// The terminal was resized.
    Resize,
    /// The terminal has said late which background it has.
    Background(Background),
}

/// A mouse event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// The first button was pressed at this column and row.
    Click(u16, u16),
    /// The first button was pressed with Ctrl or Alt. Shift is left to terminals, for their own selection.
    Follow(u16, u16),
    /// The wheel was turned by so many lines; negative is up.
    Wheel(i32),
}

/// Reads the terminal. Only one reader may exist; drop it before another program uses the terminal.
#[derive(Debug, Default)]
pub struct Inputs {
    events: EventStream,
    /// Input from before, and of events that were held.
    ready: VecDeque<Input>,
    late: LateAnswer,
}

impl Inputs {
    /// Begins with what was typed before; an answer about the background may still be outstanding.
    pub(super) fn after(typed: Vec<Input>, is_outstanding: bool) -> Self {
        let late = LateAnswer::expected(is_outstanding);
        Self { events: EventStream::default(), ready: typed.into(), late }
    }

    /// Waits for the next event. Returns `None` once the terminal is gone.
    pub async fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.ready.pop_front() {
                return Some(input);
            }
            let event = if self.late.is_holding() {
                timeout(PAUSE, self.events.next()).await
            } else {
                Ok(self.events.next().await)
            };
            let Ok(event) = event else {
                self.ready.extend(self.late.release().into_iter().filter_map(read));
                continue;
            };
            match self.late.sift(event?.ok()?) {
                Sifted::Held => {}
                Sifted::Keys(events) => self.ready.extend(events.into_iter().filter_map(read)),
                Sifted::Answer(background) => self.ready.extend(background.map(Input::Background)),
            }
        }
    }
}

fn read(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) if event.kind != KeyEventKind::Release => key(event).map(Input::Key),
        Event::Key(_) => None,
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Mouse(event) => match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let is_held = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
                let pressed = if is_held { Pointer::Follow } else { Pointer::Click };
                Some(Input::Pointer(pressed(event.column, event.row)))
            }
            MouseEventKind::ScrollUp => Some(Input::Pointer(Pointer::Wheel(-WHEEL))),
            MouseEventKind::ScrollDown => Some(Input::Pointer(Pointer::Wheel(WHEEL))),
            _ => None,
        },
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
        Event::Resize(..) => Some(Input::Resize),
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    let held = |modifier| event.modifiers.contains(modifier);
    let mut key = Key {
        code: Code::Enter,
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT),
        shift: held(KeyModifiers::SHIFT),
    };
    key.code = match event.code {
        KeyCode::Char(c) => {
            // A character already includes the effect of Shift.
            let c = if key.shift && !key.ctrl { c.to_uppercase().next().unwrap_or(c) } else { c };
            key.shift = false;
            Code::Char(if key.ctrl { c.to_ascii_lowercase() } else { c })
        }
        KeyCode::BackTab => {
            key.shift = true;
            Code::Tab
        }
        KeyCode::F(number) => Code::F(number),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        _ => return None,
    };
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_configuration_spells_them() {
        let spelled = |code, modifiers| key(KeyEvent::new(code, modifiers)).map(|key| key.to_string());
        assert_eq!(spelled(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(spelled(KeyCode::Char('k'), KeyModifiers::CONTROL).as_deref(), Some("Ctrl+K"));
        assert_eq!(spelled(KeyCode::BackTab, KeyModifiers::SHIFT).as_deref(), Some("Shift+Tab"));
        assert_eq!(spelled(KeyCode::Enter, KeyModifiers::ALT).as_deref(), Some("Alt+Enter"));
        assert_eq!(spelled(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
