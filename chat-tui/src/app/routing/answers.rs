//! Brings an answer to the part that asked. Must not handle it itself.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::{Answer, Join, Resolved, RoomInfoAnswer};
use chat_proto::room::Membership;
use chat_proto::text::Description;

use super::changes;
use super::model::Model;
use crate::action::{Action, KeyContext};
use crate::app::parts::commands;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::room::Room;
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::{Purpose, WrittenText};
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::argument::sentence;
use crate::link_event::CallError;

/// Takes the answer to a request.
pub fn on_answer(model: &mut Model, ask: u64, result: Result<Answer, CallError>, out: &mut Outcomes) {
    let Some((server, purpose)) = model.requests.on_answer(ask) else { return };
    match result {
        Ok(answer) => on_success(model, (server, purpose), answer, out),
        Err(refusal) => on_failure(model, purpose, &refusal, out),
    }
}

fn on_success(model: &mut Model, (key, purpose): (ServerKey, Purpose), answer: Answer, out: &mut Outcomes) {
    match (purpose, answer) {
        (Purpose::Post(room_key, key), Answer::Post(posted)) => {
            if let Some((room, server)) = model.room_and_server(room_key)
                && let Some(me) = server.my_id()
            {
                room.on_posted(&key, &posted, me, out);
            }
        }
        (Purpose::Changes(room_key), Answer::Changes(page)) => changes::on_changes(model, room_key, &page, out),
        (Purpose::History(room_key), Answer::History(page)) => changes::on_history(model, room_key, &page, out),
        (Purpose::Members(room_key), Answer::Members(page)) => changes::on_members(model, room_key, &page),
        (Purpose::Trending(room_key), Answer::Trending(answer)) => {
            with_room(model, room_key, |room| room.trending = answer.words);
        }
        (Purpose::Counts(room_key), Answer::Read(marker)) => {
            let now = model.now;
            with_room(model, room_key, |room| room.reading.on_counts(marker, now));
        }
        (Purpose::Names, Answer::Users(answer)) => {
            model.servers.entry(key).and_modify(|server| server.add_users(&answer.users));
        }
        (Purpose::AccountSnapshot, Answer::Account(snapshot)) => changes::on_account(model, key, &snapshot, out),
        (Purpose::Enter, Answer::Join(membership) | Answer::CreateRoom(membership)) => {
            enter(model, key, membership, out);
        }
        (Purpose::Enter, Answer::Resolve(found)) => on_resolved(key, &found, out),
        (Purpose::RoomList, Answer::ListRooms(page)) => model.overlays.on_room_list(key, page, out),
        (Purpose::Info, Answer::RoomInfo(info)) => open_info(model, info),
        (Purpose::Description, Answer::RoomInfo(info)) => {
            let description = info.listing.room.description.as_ref();
            out.show_info(&commands::description_text(description.map(Description::as_str)));
        }
        (Purpose::Status { confirmation }, _) => out.show_info(&confirmation),
        (Purpose::UpdatedInfo, Answer::RoomInfo(info)) if key == model.navigation.server() => {
            model.overlays.on_info(info);
        }
        (Purpose::Versions(room_key, seq), Answer::Versions(answer)) => {
            changes::on_versions(model, (room_key, seq), &answer, out);
        }
        // Success says all there is to know, or the answer does not fit the request.
        (_, _) => {}
    }
}

fn with_room(model: &mut Model, room_key: RoomKey, act: impl FnOnce(&mut Room)) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        act(room);
    }
}

/// Opens a room that the user has just joined or created; if it was known, nothing of it is lost.
fn enter(model: &mut Model, server: ServerKey, membership: Membership, out: &mut Outcomes) {
    let room_key = RoomKey { server, room: membership.room.id };
    model.add_room(room_key, || Room::new(server, membership));
    model.navigation.open(room_key, &mut model.rooms, out);
}

/// Joins the room that the user named.
fn on_resolved(server: ServerKey, found: &Resolved, out: &mut Outcomes) {
    match found.rooms.first() {
        Some(room) => out.ask(server, Join { room: room.id }, Purpose::Enter),
        None => out.show_error("No such room, or it is private. Create one with /create."),
    }
}

fn open_info(model: &mut Model, info: RoomInfoAnswer) {
    if let Some(server) = model.servers.get_mut(&model.navigation.server()) {
        server.add_users(&info.users);
    }
    model.overlays.open_info(info);
}

fn on_failure(model: &mut Model, purpose: Purpose, refusal: &CallError, out: &mut Outcomes) {
    let now = model.now;
    match purpose {
        Purpose::Post(room_key, key) => with_room(model, room_key, |room| room.on_refused(&key, refusal, now, out)),
        // The changes are requested again after the next welcome, the page when it is next needed.
        Purpose::Changes(room_key) => with_room(model, room_key, |room| room.following.on_page_failed()),
        Purpose::History(room_key) => with_room(model, room_key, Room::give_up_page),
        Purpose::Enter => report_refusal("could not enter the room", refusal, out),
        Purpose::Status { .. } => report_refusal("could not set the status", refusal, out),
        Purpose::Info | Purpose::Description => report_refusal("could not look at the room", refusal, out),
        Purpose::Versions(..) => report_refusal("could not get the earlier versions", refusal, out),
        Purpose::Written(room_key, written) => give_back(model, room_key, (written, refusal), out),
        Purpose::UserAction(what) => report_refusal(what, refusal, out),
        // Nobody waits for these, or they are requested again later.
        Purpose::Members(_)
        | Purpose::Trending(_)
        | Purpose::Counts(_)
        | Purpose::Names
        | Purpose::AccountSnapshot
        | Purpose::RoomList
        | Purpose::UpdatedInfo
        | Purpose::Nothing => {}
    }
}

/// Puts a text that was not taken back into its room's input box; if another one stands there, it can be inserted.
fn give_back(model: &mut Model, room_key: RoomKey, (written, refusal): (WrittenText, &CallError), out: &mut Outcomes) {
    let reason = refusal_text(written.failure, refusal);
    let Some(room) = model.rooms.get_mut(&room_key) else { return out.show_error(&reason) };
    match room.writing.take_back(written) {
        Ok(()) => out.show_error(&format!("{reason} Your text is in the input box again.")),
        Err(text) => {
            let key = model.setup.key(KeyContext::Composer, Action::PutBack);
            let advice = key.map_or_else(String::new, |key| format!(" {key} inserts your text."));
            out.push(Outcome::KeepKilled(text));
            out.show_error(&format!("{reason}{advice}"));
        }
    }
}

fn report_refusal(what: &str, refusal: &CallError, out: &mut Outcomes) {
    out.show_error(&refusal_text(what, refusal));
}

/// The sentence that says what failed, and why.
fn refusal_text(what: &str, refusal: &CallError) -> String {
    let text = match refusal {
        CallError::Refused(body) => format!("{what}: {}", body.message),
        CallError::Disconnected | CallError::Unanswered { .. } | CallError::Unreadable(_) => {
            format!("{what}: the connection broke; try again once it is back")
        }
    };
    sentence(&text)
}
