//! Brings an answer to the part that asked. Must not handle it itself.

#![deny(clippy::disallowed_methods)]

use chat_proto::request::Answer;

use crate::app::model::Model;
use crate::app::parts::{catch_up, edit_history, history, names, navigation, outbox, overlay, reading};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;
use crate::argument::sentence;
use crate::link_event::CallError;

/// Takes the answer to a request.
pub fn on_answer(model: &mut Model, ask: u64, result: Result<Answer, CallError>) -> Option<Outcome> {
    let (server, purpose) = model.asks.remove(&ask)?;
    match result {
        Ok(answer) => return on_success(model, server, purpose, answer),
        Err(refusal) => on_failure(model, purpose, &refusal),
    }
    None
}

fn on_success(model: &mut Model, server: ServerKey, purpose: Purpose, answer: Answer) -> Option<Outcome> {
    match (purpose, answer) {
        (Purpose::Post(room_key, key), Answer::Post(posted)) => outbox::on_posted(model, room_key, &key, &posted),
        (Purpose::Changes(room_key), Answer::Changes(page)) => catch_up::on_changes(model, room_key, &page),
        (Purpose::History(room_key), Answer::History(page)) => history::on_page(model, room_key, &page),
        (Purpose::Members(room_key), Answer::Members(page)) => history::on_members(model, room_key, page),
        (Purpose::Trending(room_key), Answer::Trending(answer)) => {
            if let Some(room) = model.rooms.get_mut(&room_key) {
                room.trending = answer.words;
            }
        }
        (Purpose::Counts(room_key), Answer::Read(marker)) => reading::on_counts(model, room_key, marker),
        (Purpose::Names, Answer::Users(answer)) => names::add_users(model, server, &answer.users),
        (Purpose::AccountSnapshot, Answer::Account(snapshot)) => {
            return catch_up::on_account(model, server, &snapshot);
        }
        (Purpose::Enter, Answer::Join(membership) | Answer::CreateRoom(membership)) => {
            return navigation::enter(model, server, membership);
        }
        (Purpose::Enter, Answer::Resolve(found)) => navigation::on_resolved(model, server, &found),
        (Purpose::RoomList, Answer::ListRooms(page)) => overlay::on_room_list(model, server, page),
        (Purpose::Info, Answer::RoomInfo(info)) => overlay::open_info(model, info),
        (Purpose::UpdatedInfo, Answer::RoomInfo(info)) => overlay::on_info(model, server, info),
        (Purpose::Versions(room_key, seq), Answer::Versions(answer)) => {
            edit_history::on_versions(model, (room_key, seq), &answer);
        }
        // Success says all there is to know, or the answer does not fit the request.
        (_, _) => {}
    }
    None
}

fn on_failure(model: &mut Model, purpose: Purpose, refusal: &CallError) {
    match purpose {
        Purpose::Post(_, key) => outbox::on_refused(model, &key, refusal),
        Purpose::Changes(room_key) => catch_up::on_changes_failed(model, room_key),
        Purpose::History(room_key) => history::on_page_failed(model, room_key),
        Purpose::Enter => report_refusal(model, "could not enter the room", refusal),
        Purpose::Info => report_refusal(model, "could not look at the room", refusal),
        Purpose::Versions(..) => report_refusal(model, "could not get the earlier versions", refusal),
        Purpose::UserAction(what) => report_refusal(model, what, refusal),
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

fn report_refusal(model: &mut Model, what: &str, refusal: &CallError) {
    let text = match refusal {
        CallError::Refused(body) => format!("{what}: {}", body.message),
        CallError::Disconnected | CallError::Unanswered { .. } | CallError::Unreadable(_) => {
            format!("{what}: the connection broke; try again once it is back")
        }
    };
    model.show_error(&sentence(&text));
}
