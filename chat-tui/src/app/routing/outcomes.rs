//! Brings what one part wants done elsewhere to the part that does it. Must not handle anything itself.

#![deny(clippy::disallowed_methods)]

use super::actions;
use crate::app::model::Model;
use crate::app::parts::{commands, drafts, history, navigation, overlay, saving, selection, typing};
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::RoomKey;

/// Does what a part wants done, and what follows from that.
pub fn follow(model: &mut Model, outcome: Option<Outcome>) {
    let mut next = outcome;
    while let Some(outcome) = next {
        next = route(model, outcome);
    }
}

fn route(model: &mut Model, outcome: Outcome) -> Option<Outcome> {
    match outcome {
        Outcome::Act(action) => return actions::act(model, action),
        Outcome::Run(action, argument) => return commands::run(model, action, &argument),
        Outcome::Quit => quit(model),
        Outcome::OpenRoom(room_key) => return navigation::open(model, room_key),
        Outcome::OpenDefaultRoom(server) => return navigation::open_default_room(model, server),
        Outcome::RoomOpened { opened, left } => on_room_opened(model, opened, left),
        Outcome::LoadOlder(room_key) => history::load_older(model, room_key),
        Outcome::OpenSwitcher(query) => overlay::open_switcher(model, &query),
        Outcome::Select(selected) => selection::select(model, selected),
        Outcome::DeleteMessage(room_key, seq) => selection::delete(model, room_key, seq),
    }
    None
}

fn on_room_opened(model: &mut Model, opened: RoomKey, left: Option<RoomKey>) {
    if let Some(left) = left {
        drafts::save(model, left);
        typing::on_room_left(model, left);
    }
    history::load_room(model, opened);
}

fn quit(model: &mut Model) {
    saving::save_all(model);
    model.effects.push(Effect::Quit);
}
