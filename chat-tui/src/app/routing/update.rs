//! The one way in: routes what happened, then takes the steps that follow every change. Must not handle anything itself.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use super::{actions, link, mouse, outcomes, timers};
use crate::app::model::{Focus, Model};
use crate::app::parts::{activity, composer, edit_history, names, outbox, overlay, reading, restore, scrolling};
use crate::app::state::effect::Effect;
use crate::app::state::msg::Msg;
use crate::app::state::outcome::Outcome;

/// Takes what happened at `now`, by this machine's clock. Returns what has to be done outside the model.
pub fn update(model: &mut Model, msg: Msg, now: UnixMillis) -> Vec<Effect> {
    model.now = now;
    let outcome = route(model, msg);
    outcomes::follow(model, outcome);
    follow_up(model);
    std::mem::take(&mut model.effects)
}

fn route(model: &mut Model, msg: Msg) -> Option<Outcome> {
    if is_by_hand(&msg) {
        activity::mark_active(model);
    }
    match msg {
        Msg::Action(action) => return actions::act(model, action),
        Msg::Typed(c) => return on_typed(model, c),
        Msg::Pasted(text) => return on_pasted(model, &text),
        Msg::Mouse(event) => return mouse::on_mouse(model, event),
        Msg::Focused(has_focus) => model.has_focus = has_focus,
        Msg::Link(server, msg) => return link::on_msg(model, server, msg),
        Msg::Stored(key) => outbox::on_stored(model, &key),
        Msg::NotStored(key, reason) => outbox::on_store_failed(model, &key, &reason),
        Msg::Restored(restored) => return restore::restore(model, *restored),
        Msg::EditorClosed(text) => composer::on_editor_closed(model, text),
        Msg::Notice { text, is_error } => model.set_notice(&text, is_error),
        Msg::Drawn(viewport) => return scrolling::on_drawn(model, viewport),
        Msg::Tick => timers::on_tick(model),
    }
    None
}

/// The steps that may be due after any change. Each finds by itself whether there is something to do.
fn follow_up(model: &mut Model) {
    outbox::send_due(model);
    reading::mark_visible_as_read(model);
    names::request_missing(model);
    edit_history::refresh(model);
}

/// Whether the user did it.
fn is_by_hand(msg: &Msg) -> bool {
    match msg {
        Msg::Action(_) | Msg::Typed(_) | Msg::Pasted(_) | Msg::Mouse(_) | Msg::Focused(true) => true,
        Msg::Focused(false)
        | Msg::Link(..)
        | Msg::Stored(_)
        | Msg::NotStored(..)
        | Msg::Restored(_)
        | Msg::EditorClosed(_)
        | Msg::Notice { .. }
        | Msg::Drawn(_)
        | Msg::Tick => false,
    }
}

fn on_typed(model: &mut Model, c: char) -> Option<Outcome> {
    match (&model.overlay, model.focus) {
        (Some(_), _) => return overlay::on_typed(model, c),
        (None, Focus::Composer) => composer::insert(model, c.encode_utf8(&mut [0; 4])),
        // A selected message takes only the keys that mean something there.
        (None, Focus::Message(_)) => {}
    }
    None
}

fn on_pasted(model: &mut Model, text: &str) -> Option<Outcome> {
    if model.overlay.is_some() {
        let typed = text.chars().filter(|c| !c.is_control());
        return typed.fold(None, |outcome, c| overlay::on_typed(model, c).or(outcome));
    }
    model.focus = Focus::Composer;
    composer::paste(model, text);
    None
}
