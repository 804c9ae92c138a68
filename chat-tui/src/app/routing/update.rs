//! The one way in: routes what happened, then takes the steps that follow every change. Must not handle anything itself.

#![deny(clippy::disallowed_methods)]

use chat_proto::time::UnixMillis;

use super::model::Model;
use super::{actions, changes, link, mouse, outcomes, restore, timers};
use crate::app::parts::open_room::OpenRoom;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::overlays::Overlay;
use crate::app::parts::selection::Focus;
use crate::app::state::effect::Effect;
use crate::app::state::msg::Msg;
use crate::app::state::viewport::Viewport;

/// Takes what happened at `now`, by this machine's clock. Returns what has to be done outside the model.
pub fn update(model: &mut Model, msg: Msg, now: UnixMillis) -> Vec<Effect> {
    model.now = now;
    let mut out = Outcomes::default();
    route(model, msg, &mut out);
    let mut effects = outcomes::follow(model, out);
    let mut out = Outcomes::default();
    follow_up(model, &mut out);
    effects.extend(outcomes::follow(model, out));
    effects
}

fn route(model: &mut Model, msg: Msg, out: &mut Outcomes) {
    if is_by_hand(&msg) {
        model.activity.mark_active(model.now, out);
    }
    match msg {
        Msg::Action(action) => actions::act(model, action, out),
        Msg::Typed(c) => on_typed(model, c, out),
        Msg::Pasted(text) => on_pasted(model, &text, out),
        Msg::Mouse(event) => mouse::on_mouse(model, event, out),
        Msg::Focused(has_focus) => model.activity.has_focus = has_focus,
        Msg::Link(server, msg) => link::on_msg(model, server, msg, out),
        Msg::Stored(key) => model.rooms.values_mut().for_each(|room| room.on_stored(&key)),
        Msg::NotStored(key, reason) => {
            // It is sent all the same.
            model.rooms.values_mut().for_each(|room| room.on_stored(&key));
            out.show_error(&format!("Sent, but not saved for a restart: {reason}"));
        }
        Msg::Restored(restored) => restore::restore(model, *restored, out),
        Msg::EditorClosed(text) => on_editor_closed(model, text, out),
        Msg::Notice { text, is_error } => model.notices.show(&text, is_error, model.now),
        Msg::Drawn(viewport) => on_drawn(model, viewport, out),
        Msg::Tick => timers::on_tick(model, out),
        Msg::Terminated => outcomes::end(model, out),
    }
}

/// The steps that may be due after any change. Each finds by itself whether there is something to do.
fn follow_up(model: &mut Model, out: &mut Outcomes) {
    let (now, attention) = (model.now, model.attention());
    if let Some(open) = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current) {
        open.room.mark_visible_as_read(open.server, attention, &model.viewport);
    }
    for room in model.rooms.values_mut() {
        if let Some(server) = model.servers.get(&room.key.server) {
            room.send_due(server, now, out);
            room.send_read_marker_if_due(server, now, out);
        }
    }
    for server in model.servers.values_mut() {
        server.ask_missing_names(out);
    }
    changes::follow_edit_history(model, out);
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
        | Msg::Tick
        | Msg::Terminated => false,
    }
}

fn on_typed(model: &mut Model, c: char, out: &mut Outcomes) {
    if let Some(form) = model.sign_in.as_mut().filter(|_| model.overlays.open.is_none()) {
        return form.on_typed(c);
    }
    match (&model.overlays.open, model.focus) {
        (Some(_), _) => model.overlays.on_typed(c, out),
        // A letter without a meaning for the selected message is the beginning of a sentence.
        (None, Focus::Composer | Focus::Message(_)) => outcomes::write(model, c.encode_utf8(&mut [0; 4]), out),
    }
}

fn on_pasted(model: &mut Model, text: &str, out: &mut Outcomes) {
    // A pasted "y" is no answer.
    if matches!(model.overlays.open, Some(Overlay::Deletion { .. })) {
        model.overlays.close();
    }
    if model.overlays.open.is_some() || model.sign_in.is_some() {
        let typed = text.chars().filter(|c| !c.is_control());
        return typed.for_each(|c| on_typed(model, c, out));
    }
    model.focus = Focus::Composer;
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.paste(text, open, model.now, out);
}

fn on_editor_closed(model: &mut Model, text: Option<String>, out: &mut Outcomes) {
    let Some(text) = text else { return };
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.on_editor_closed(&text, open, model.now, out);
}

fn on_drawn(model: &mut Model, viewport: Viewport, out: &mut Outcomes) {
    model.panes.drawn(viewport.fold);
    if let Some(room) = viewport.room_key.and_then(|room_key| model.rooms.get_mut(&room_key)) {
        room.on_drawn(&viewport, out);
    }
    if model.view_leads {
        model.focus.follow_view(&viewport);
    }
    model.viewport = viewport;
}
