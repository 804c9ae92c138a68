//! Brings what one part leaves to others to the part that does it. Must not handle anything itself.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::Seq;
use chat_proto::request::Request;

use super::model::Model;
use super::{actions, saving, sign_in};
use crate::action::{Action, KeyContext};
use crate::app::parts::first_keys::FirstKey;
use crate::app::parts::open_room::OpenRoom;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::selection::Focus;
use crate::app::parts::server::Server;
use crate::app::parts::switcher::SwitcherLine;
use crate::app::state::draft::Draft;
use crate::app::state::effect::Effect;
use crate::app::state::outcome::{Outcome, Selected};
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::RoomKey;
use crate::link_event::NetError;

/// Does what parts left to others, in order, each with what follows from it. Returns the work outside the screen.
pub fn follow(model: &mut Model, outcomes: Outcomes) -> Vec<Effect> {
    let mut effects = Vec::new();
    for outcome in outcomes {
        let mut next = Outcomes::default();
        effects.extend(route(model, outcome, &mut next));
        effects.extend(follow(model, next));
    }
    effects
}

fn route(model: &mut Model, outcome: Outcome, out: &mut Outcomes) -> Option<Effect> {
    match outcome {
        Outcome::Do(effect) => return Some(effect),
        Outcome::Ask(server, request, purpose) => {
            return Some(model.requests.ask(server, (request, purpose), model.now));
        }
        Outcome::TellServers(request) => tell_servers(model, &request, out),
        Outcome::Show { text, is_error } => model.notices.show(&text, is_error, model.now),
        Outcome::ShowMention(text) => show_mention(model, &text),
        Outcome::Act(action) => actions::act(model, action, out),
        Outcome::Run(action, argument) => run(model, action, &argument, out),
        Outcome::Cancel => cancel(model, out),
        Outcome::AskToSignIn(server) => sign_in::open(model, server, &NetError::SignInNeeded),
        Outcome::Quit => quit(model, out),
        Outcome::OpenRoom(room_key) => model.navigation.open(room_key, &mut model.rooms, out),
        Outcome::OpenDefaultRoom(server) => {
            let listed = model.titled();
            model.navigation.open_default(server, &listed, &mut model.rooms, out);
        }
        Outcome::RoomOpened { opened, left } => on_room_opened(model, opened, left, out),
        Outcome::GoToMention(room_key) => go_to_mention(model, room_key, out),
        Outcome::LoadOlder(room_key) => load_older(model, room_key, out),
        Outcome::OpenSwitcher(query) => open_switcher(model, &query, out),
        Outcome::FindRooms => find_rooms(model),
        Outcome::Complete(step) => complete(model, step),
        Outcome::Post(room_key, draft) => post(model, room_key, draft, out),
        Outcome::KeepKilled(text) => model.composer.killed = text,
        Outcome::OpenHistorySearch => model.overlays.open_history_search(model.composer.history.newest_first()),
        Outcome::Recall(text) => recall(model, &text),
        Outcome::ChooseLink(links) => model.overlays.open_links(links),
        Outcome::ForgetInput(server, text) => {
            model.overlays.forget_input();
            model.composer.forget_input(server, &text, out);
        }
        Outcome::Write(text) => write(model, &text, out),
        Outcome::FocusComposer => model.focus = Focus::Composer,
        Outcome::Select(selected) => select(model, selected),
        Outcome::EditMessage(seq, text) => edit_message(model, seq, text),
        Outcome::AskToDelete(room_key, seq, text) => model.overlays.ask_to_delete(room_key, seq, &text),
        Outcome::DeleteMessage(room_key, seq) => delete_message(model, room_key, seq),
    }
    None
}

fn tell_servers(model: &Model, request: &Request, out: &mut Outcomes) {
    for server in model.servers.values().filter(|server| server.is_ready()) {
        out.ask(server.key, request.clone(), Purpose::Nothing);
    }
}

fn show_mention(model: &mut Model, text: &str) {
    let key = model.setup.usual_key(KeyContext::Everywhere, Action::NextMention, "Alt+M");
    let advice = key.map_or_else(String::new, |key| format!(" {key} goes there."));
    model.notices.show(&format!("{text}{advice}"), false, model.now);
}

/// Ends what is under way: a completion, an open pane, an edit. Otherwise begins to select messages.
fn cancel(model: &mut Model, out: &mut Outcomes) {
    model.notices.dismiss();
    if model.composer.completing.stop() || model.panes.uncover() {
        return;
    }
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    if open.and_then(|open| open.room.writing.stop_editing()).is_none() {
        out.push(Outcome::Select(Selected::InSight));
    }
}

/// Leaves the program; if that gives up deletions, only when the user asks again.
fn quit(model: &mut Model, out: &mut Outcomes) {
    let Model { deletions, servers, .. } = model;
    let lost = match deletions.announce_loss(|server| servers.get(&server).is_some_and(Server::is_ready)) {
        0 => return end(model, out),
        1 => "1 deletion is".to_owned(),
        many => format!("{many} deletions are"),
    };
    out.show_error(&format!("Server unreachable, so {lost} not sent yet. Quit again to give up on that."));
}

/// Ends the program: saves and sends what is left.
pub fn end(model: &mut Model, out: &mut Outcomes) {
    saving::save_all(model, out);
    let Model { deletions, servers, .. } = model;
    deletions.send_all(|server| servers.get(&server).is_some_and(Server::is_ready), out);
    out.effect(Effect::Quit);
}

fn on_room_opened(model: &mut Model, opened: RoomKey, left: Option<RoomKey>, out: &mut Outcomes) {
    let now = model.now;
    let is_first = model.viewport.room_key.is_none();
    model.overlays.on_room_opened(opened, is_first);
    model.focus = Focus::Composer;
    model.composer.completing.stop();
    if !is_first {
        model.panes.uncover();
    }
    model.recent.on_room(opened, out);
    if let Some(left) = left.and_then(|left| model.rooms.get_mut(&left)) {
        left.save_draft(out);
        if let Some(server) = model.servers.get(&left.key.server) {
            left.stop_typing(server, now, out);
        }
    }
    if let Some((room, server)) = model.room_and_server(opened) {
        room.load(server, out);
    }
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.hand_over_early(open, now, out);
}

fn go_to_mention(model: &mut Model, room_key: RoomKey, out: &mut Outcomes) {
    let now = model.now;
    model.focus = Focus::Composer;
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    if !room.go_to_mention(server.my_id()) {
        room.reading.recount(now);
        out.show_info("That mention is gone.");
    }
    room.load_to_place(server, out);
}

fn load_older(model: &mut Model, room_key: RoomKey, out: &mut Outcomes) {
    if let Some((room, server)) = model.room_and_server(room_key) {
        room.load_older(server, out);
    }
}

fn open_switcher(model: &mut Model, query: &str, out: &mut Outcomes) {
    if let Some(server) = model.servers.get(&model.navigation.server()) {
        model.overlays.open_switcher(query, server, out);
    }
}

fn find_rooms(model: &mut Model) {
    if model.overlays.switcher_mut().is_none() {
        return;
    }
    let titled = model.titled().into_iter();
    // One does not go where one is.
    let elsewhere = |room_key: &RoomKey| model.navigation.current != Some(*room_key);
    let recency = |room_key| Some(room_key).filter(elsewhere).and_then(|room_key| model.recent.of_room(room_key));
    let own = titled
        .filter_map(|(room_key, title)| Some(SwitcherLine::own(model.rooms.get(&room_key)?, title, recency(room_key))));
    let own = own.collect();
    if let Some(switcher) = model.overlays.switcher_mut() {
        switcher.find(own);
    }
}

fn complete(model: &mut Model, step: isize) {
    let is_new = model.composer.completing.under_way().is_none();
    let found = is_new.then(|| model.candidates()).flatten();
    if let Some(open) = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current) {
        model.composer.completing.step(step, found, open.room);
    }
}

fn post(model: &mut Model, room_key: RoomKey, draft: Draft, out: &mut Outcomes) {
    let key = model.client_keys.make(&model.setup.key_token);
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.post(key, draft, model.now, out);
    }
}

/// Carries out the command in the input box. If it is right, the line is taken, before anything follows from it.
fn run(model: &mut Model, action: Action, argument: &str, out: &mut Outcomes) {
    let server = model.navigation.server();
    model.first_keys.on_used(FirstKey::Command, server, out);
    let mut next = Outcomes::default();
    if actions::run(model, action, argument, &mut next) {
        model.recent.on_command(action, server, out);
        let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
        model.composer.take_line(open, model.now, out);
    }
    out.append(next);
}

fn recall(model: &mut Model, text: &str) {
    model.focus = Focus::Composer;
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.recall(text, open);
}

/// Writes into the input box, which takes the keys from now on.
pub fn write(model: &mut Model, text: &str, out: &mut Outcomes) {
    model.focus = Focus::Composer;
    let open = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current);
    model.composer.insert(text, open, model.now, out);
}

fn select(model: &mut Model, selected: Selected) {
    if let Some(open) = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current) {
        model.view_leads = false;
        model.focus.select(selected, open.room, &model.viewport);
    }
}

fn delete_message(model: &mut Model, room_key: RoomKey, seq: Seq) {
    model.focus = Focus::Composer;
    model.deletions.add(room_key, seq, model.now);
}

fn edit_message(model: &mut Model, seq: Seq, text: String) {
    if let Some(open) = OpenRoom::find(&mut model.rooms, &model.servers, model.navigation.current) {
        model.deletions.remove(open.room.key, seq);
        open.room.writing.begin_edit(seq, text);
        model.focus = Focus::Composer;
    }
}
