//! Translates the terminal's input into the app's messages. Must not know what they do.

use crate::app::{Model, Mouse, Msg};
use crate::keymap::Keymap;
use crate::terminal::{Input, Pointer};

/// The message for an input. `None` if the input means nothing.
pub(super) fn input(input: Input, model: &Model, keymap: &Keymap) -> Option<Msg> {
    match input {
        Input::Key(key) => match keymap.action(model.key_context(), key) {
            Some(action) => Some(Msg::Action(action)),
            None => key.typed().map(Msg::Typed),
        },
        Input::Paste(text) => Some(Msg::Pasted(text)),
        Input::Pointer(Pointer::Click(column, row)) => Some(Msg::Mouse(Mouse::Click { column, row })),
        Input::Pointer(Pointer::Follow(column, row)) => Some(Msg::Mouse(Mouse::Follow { column, row })),
        Input::Pointer(Pointer::Wheel(lines)) => Some(Msg::Mouse(Mouse::Wheel { lines })),
        Input::Focus(has_focus) => Some(Msg::Focused(has_focus)),
        Input::Resize | Input::Background(_) => None,
    }
}
