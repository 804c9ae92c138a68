//! What comes from the terminal, in our own words.

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures_util::StreamExt;

use crate::keymap::{Code, Key};

/// Lines of one step of the wheel.
const WHEEL: i32 = 3;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A paste, whole.
    Paste(String),
    /// The mouse.
    Pointer(Pointer),
    /// The terminal got or lost the keyboard.
    Focus(bool),
    /// The terminal has another size.
    Resize,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// The first button was pressed at a column and a row.
    Click(u16, u16),
    /// The wheel was turned; negative is up.
    Wheel(i32),
}

/// Reads the terminal. Only one may exist; drop it before another program uses the terminal.
#[derive(Debug, Default)]
pub struct Inputs {
    events: EventStream,
}

impl Inputs {
    /// What comes next; none once the terminal is gone.
    pub async fn next(&mut self) -> Option<Input> {
        loop {
            match self.events.next().await? {
                Ok(event) => {
                    if let Some(input) = read(event) {
                        return Some(input);
                    }
                }
                Err(_) => return None,
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
            MouseEventKind::Down(MouseButton::Left) => Some(Input::Pointer(Pointer::Click(event.column, event.row))),
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
            // A character says itself what shift made of it.
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
