//! Translates what was typed before keys are read, while the terminal answered questions. Pure; must not know the answers.

#![deny(clippy::disallowed_methods)]

use termina::Event;
use termina::event::{KeyCode, KeyEvent, KeyEventKind, Modifiers};

use super::input::Input;
use crate::keymap::{Code, Key};

/// Returns the input of an event. `None` if it means nothing, or is an answer.
pub(super) fn early_input(event: &Event) -> Option<Input> {
    match event {
        Event::Key(event) if event.kind != KeyEventKind::Release => key(event).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text.clone())),
        Event::FocusIn => Some(Input::Focus(true)),
        Event::FocusOut => Some(Input::Focus(false)),
        _ => None,
    }
}

fn key(event: &KeyEvent) -> Option<Key> {
    let held = |modifier| event.modifiers.contains(modifier);
    let (ctrl, alt, shift) = (held(Modifiers::CONTROL), held(Modifiers::ALT), held(Modifiers::SHIFT));
    let code = match event.code {
        // A character already includes the effect of Shift.
        KeyCode::Char(c) => return Some(Key { code: Code::Char(c), ctrl, alt, shift: false }),
        KeyCode::BackTab => return Some(Key { code: Code::Tab, ctrl, alt, shift: true }),
        KeyCode::Function(number) => Code::F(number),
        KeyCode::Enter => Code::Enter,
        KeyCode::Escape => Code::Esc,
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
    Some(Key { code, ctrl, alt, shift })
}
