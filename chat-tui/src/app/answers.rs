//! What an answer is for, and where it goes.

use chat_proto::ids::{ClientKey, Seq};
use chat_proto::request::Answer;
use chat_proto::room::Membership;

use super::model::Model;
use super::msg::Refusal;
use super::room_key::{RoomKey, ServerKey};
use super::{catch_up, navigation, outbox, overlay, room};

/// What an ask was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A post of the outbox.
    Post(RoomKey, ClientKey),
    /// What changed in a room.
    Changes(RoomKey),
    /// Older messages of a room.
    History(RoomKey),
    /// Who is in a room.
    Members(RoomKey),
    /// What a room speaks of.
    Trending(RoomKey),
    /// Names of people.
    Names,
    /// The account's rooms.
    AccountSnapshot,
    /// A room to be in, and to open.
    Enter,
    /// The rooms one may join.
    RoomList,
    /// A room, to be shown.
    Info,
    /// What a message said before it was edited.
    Versions(RoomKey, Seq),
    /// Something the person asked for: what to say where it fails.
    UserAction(&'static str),
    /// Nobody waits for it.
    Nothing,
}

/// Brings an answer to the part that asked.
pub(super) fn on_answer(model: &mut Model, ask: u64, result: Result<Answer, Refusal>) {
    let Some((server, purpose)) = model.asks.remove(&ask) else { return };
    match (purpose, result) {
        (Purpose::Post(room_key, key), Ok(Answer::Post(posted))) => outbox::on_posted(model, room_key, &key, &posted),
        (Purpose::Post(_, key), Err(refusal)) => outbox::on_refused(model, &key, &refusal),
        (Purpose::Changes(room_key), Ok(Answer::Changes(page))) => catch_up::on_changes(model, room_key, &page),
        (Purpose::Changes(room_key), Err(_)) => catch_up::on_changes_failed(model, room_key),
        (Purpose::History(room_key), Ok(Answer::History(page))) => catch_up::on_history(model, room_key, &page),
        (Purpose::History(room_key), Err(_)) => catch_up::on_history_failed(model, room_key),
        (Purpose::Members(room_key), Ok(Answer::Members(page))) => catch_up::on_members(model, room_key, page),
        (Purpose::Trending(room_key), Ok(Answer::Trending(answer))) => set_trending(model, room_key, answer.words),
        (Purpose::Names, Ok(Answer::Users(answer))) => add_users(model, server, &answer.users),
        (Purpose::AccountSnapshot, Ok(Answer::Account(snapshot))) => catch_up::on_account(model, server, &snapshot),
        (Purpose::Enter, Ok(Answer::Join(membership) | Answer::CreateRoom(membership))) => {
            enter(model, server, membership);
        }
        (Purpose::Enter, Ok(Answer::Resolve(found))) => navigation::join_resolved(model, server, &found),
        (Purpose::Enter, Err(refusal)) => report_refusal(model, "could not enter the room", &refusal),
        (Purpose::RoomList, Ok(Answer::ListRooms(page))) => overlay::on_room_list(model, server, page),
        (Purpose::Info, Ok(Answer::RoomInfo(info))) => overlay::open_info(model, info),
        (Purpose::Info, Err(refusal)) => report_refusal(model, "could not look at the room", &refusal),
        (Purpose::Versions(room_key, seq), Ok(Answer::Versions(answer))) => {
            overlay::edit_history::on_versions(model, (room_key, seq), &answer);
        }
        (Purpose::Versions(..), Err(refusal)) => report_refusal(model, "could not get the former texts", &refusal),
        (Purpose::UserAction(what), Err(refusal)) => report_refusal(model, what, &refusal),
        // An answer of another kind than asked for, or a failure of something that is asked again later.
        (_, Ok(_) | Err(_)) => {}
    }
}

fn set_trending(model: &mut Model, room_key: RoomKey, words: Vec<chat_proto::trending::TrendingWord>) {
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.trending = words;
    }
}

fn add_users(model: &mut Model, server: ServerKey, users: &[chat_proto::room::User]) {
    if let Some(server) = model.server_mut(server) {
        server.add_users(users);
    }
}

/// A room one is in now; where it was known before, nothing of it is lost.
pub(super) fn enter(model: &mut Model, server: ServerKey, membership: Membership) {
    let room_key = RoomKey { server, room: membership.room.id };
    model.rooms.entry(room_key).or_insert_with(|| room::Room::new(membership));
    navigation::open(model, room_key);
}

fn report_refusal(model: &mut Model, what: &str, refusal: &Refusal) {
    let text = match refusal {
        Refusal::Refused(body) => format!("{what}: {}", body.message),
        Refusal::Disconnected => format!("{what}: the connection broke; try again once it is back"),
    };
    model.show_error(&text);
}
