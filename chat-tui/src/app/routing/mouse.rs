//! Brings clicks and the wheel to the part they concern. Must not know what was drawn beyond the targets of a click.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::UserId;

use super::actions;
use super::model::Model;
use crate::app::parts::open_room::OpenRoom;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::selection::Focus;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::viewport::{Mouse, Target};

/// Takes what the mouse did.
pub fn on_mouse(model: &mut Model, event: Mouse, out: &mut Outcomes) {
    match event {
        Mouse::Wheel { lines } if model.overlays.open.is_some() => {
            // A list to choose from moves by one, a text by as many lines as messages do.
            let step = if model.overlays.is_list() { lines.signum() } else { lines };
            model.overlays.step(step as isize, model.viewport.last_top);
        }
        Mouse::Wheel { .. } if model.sign_in.is_some() => {}
        Mouse::Wheel { lines } => actions::scroll(model, lines, out),
        Mouse::Click { column, row } => on_click(model, (column, row), out),
        Mouse::Follow { column, row } => follow(model, (column, row), out),
    }
}

fn on_click(model: &mut Model, (column, row): (u16, u16), out: &mut Outcomes) {
    let target = model.viewport.target(column, row);
    if model.is_asked_to_sign_in() {
        if let (Some(Target::ListLine(line)), Some(form)) = (target, &mut model.sign_in) {
            form.choose_line(line);
        }
        return;
    }
    match target {
        Some(Target::ListLine(line)) => model.overlays.choose_line(line, out),
        Some(Target::Overlay) => {}
        // A click beside an open list closes it.
        _ if model.overlays.open.is_some() => model.overlays.close(),
        Some(Target::Room(room_key)) => out.push(Outcome::OpenRoom(room_key)),
        Some(Target::Message(seq)) => {
            model.focus = Focus::Message(seq);
            model.view_leads = false;
        }
        Some(Target::Person(user)) => address(model, user, out),
        Some(Target::Composer) => on_composer_clicked(model, (column, row)),
        Some(Target::MoreAbove) => actions::go_to_first_unread(model, out),
        Some(Target::MoreBelow) => actions::scroll_to_newest(model, out),
        None => {}
    }
}

/// Opens the link at a cell; elsewhere it is a click.
fn follow(model: &mut Model, (column, row): (u16, u16), out: &mut Outcomes) {
    let is_message = matches!(model.viewport.target(column, row), Some(Target::Message(_)));
    match model.viewport.link(column, row).filter(|_| is_message && model.overlays.open.is_none()) {
        Some(link) => out.effect(Effect::OpenLink(link.to_owned())),
        None => on_click(model, (column, row), out),
    }
}

/// Writes a person's name into the input box.
fn address(model: &Model, user: UserId, out: &mut Outcomes) {
    if let Some(server) = model.server() {
        out.push(Outcome::Write(format!("@{} ", server.name(user).as_str())));
    }
}

/// The input box takes the keys, and the cursor goes where it was clicked.
fn on_composer_clicked(model: &mut Model, (column, row): (u16, u16)) {
    model.focus = Focus::Composer;
    if let Some(place) = model.viewport.draft_row(column, row) {
        let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
        model.composer.place_cursor(place, open);
    }
}
