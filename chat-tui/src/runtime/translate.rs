//! Translates the terminal's input into the app's messages. Must not know what they do.

use crate::app::{LinkMsg, Model, Mouse, Msg, Refusal};
use crate::keymap::Keymap;
use crate::net::{CallError, LinkEvent};
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
        Input::Pointer(Pointer::Wheel(lines)) => Some(Msg::Mouse(Mouse::Wheel { lines })),
        Input::Focus(has_focus) => Some(Msg::Focused(has_focus)),
        Input::Resize => None,
    }
}

/// What a link's news are to the app.
pub(super) fn link_event(event: LinkEvent) -> LinkMsg {
    match event {
        LinkEvent::Connecting => LinkMsg::Connecting,
        LinkEvent::Opened => LinkMsg::Opened,
        LinkEvent::Welcome(welcome) => LinkMsg::Welcome(welcome),
        LinkEvent::Answer { ask, result } => {
            LinkMsg::Answer { ask, result: Box::new(result.map_err(|error| refusal(&error))) }
        }
        LinkEvent::Push(frame) => LinkMsg::Push(frame),
        LinkEvent::Lag(lag_ms) => LinkMsg::Lag(lag_ms),
        LinkEvent::Down { reason, retry_in_ms } => LinkMsg::Down { reason, retry_in_ms },
        LinkEvent::Stopped { error } => LinkMsg::Denied { reason: error.to_string() },
    }
}

fn refusal(error: &CallError) -> Refusal {
    match error {
        CallError::Refused(body) => Refusal::Refused(body.clone()),
        // An answer that cannot be read says as little as none.
        CallError::Disconnected | CallError::Unanswered { .. } | CallError::Unreadable(_) => Refusal::Disconnected,
    }
}
