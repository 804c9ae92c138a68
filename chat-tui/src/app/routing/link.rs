//! Brings what a server's link reports to the parts it concerns: the server comes and goes. Must not know sockets.

#![deny(clippy::disallowed_methods)]

use chat_proto::client_frame::{Resume, RoomCursor};
use chat_proto::cursor::Cursor;
use chat_proto::server_frame::Welcome;
use chat_proto::time::UnixMillis;

use super::model::Model;
use super::{answers, changes, pushes, sign_in};
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::backlog::History;
use crate::app::parts::rooms::writing::Writing;
use crate::app::parts::server::LinkState;
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::Outcome;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;
use crate::argument::sentence;
use crate::catch_up::Entered;
use crate::link_event::{LinkEvent, NetError, older_server_notice};
use crate::text::SafeText;

/// Cursors in one `hello`: with more, its frame would be too large.
const RESUMED_MAX: usize = 400;

/// Takes what a link reports.
pub fn on_msg(model: &mut Model, server: ServerKey, msg: LinkEvent, out: &mut Outcomes) {
    match msg {
        LinkEvent::Connecting => on_connecting(model, server),
        LinkEvent::Opened => send_hello(model, server, out),
        LinkEvent::Welcome(welcome) => on_welcome(model, server, &welcome, out),
        LinkEvent::Answer { ask, result } => answers::on_answer(model, ask, *result, out),
        LinkEvent::Push(frame) => pushes::on_push(model, server, frame, out),
        LinkEvent::Heartbeat { lag_ms, server_now } => on_heartbeat(model, server, lag_ms, server_now),
        LinkEvent::Silent { for_ms } => on_silent(model, server, for_ms),
        LinkEvent::Down { reason, retry_in_ms } => {
            let retry_at = model.now.plus_ms(retry_in_ms);
            on_down(model, server, LinkState::Down { reason: SafeText::line(&reason), retry_at });
        }
        LinkEvent::Stopped { error } => on_stopped(model, server, &error, out),
    }
}

fn on_stopped(model: &mut Model, key: ServerKey, error: &NetError, out: &mut Outcomes) {
    let link = sign_in::on_stopped(model, key, error);
    if matches!(link, LinkState::Denied { .. }) {
        out.show_error(&format!("{} /retry tries again.", sentence(&error.to_string())));
    }
    on_down(model, key, link);
}

fn on_connecting(model: &mut Model, server: ServerKey) {
    let now = model.now;
    if let Some(server) = model.servers.get_mut(&server) {
        server.link = LinkState::Connecting;
        server.silent_since = Some(now);
    }
}

fn on_silent(model: &mut Model, server: ServerKey, for_ms: u64) {
    let since = UnixMillis(model.now.0.saturating_sub(for_ms.cast_signed()));
    if let Some(server) = model.servers.get_mut(&server) {
        server.silent_since = Some(since);
    }
}

fn on_heartbeat(model: &mut Model, server: ServerKey, lag_ms: u64, server_now: UnixMillis) {
    let now = model.now;
    if let Some(server) = model.servers.get_mut(&server) {
        server.lag_ms = Some(lag_ms);
        server.silent_since = None;
        server.set_clock(server_now, now);
    }
}

fn on_down(model: &mut Model, key: ServerKey, link: LinkState) {
    if let Some(server) = model.servers.get_mut(&key) {
        server.silent_since = None;
        server.fault = match &link {
            LinkState::Down { reason, .. } | LinkState::SignedOut { reason } | LinkState::Denied { reason } => {
                Some(reason.clone())
            }
            LinkState::Connecting | LinkState::Ready => None,
        };
        server.link = link;
        server.clear_presence();
    }
    model.rooms_of(key).for_each(|(room, _)| room.people.typing.clear());
}

fn send_hello(model: &Model, key: ServerKey, out: &mut Outcomes) {
    let Some(server) = model.servers.get(&key) else { return };
    let rooms = model.rooms.iter().filter(|(room_key, _)| room_key.server == key);
    // The open room first; a room that does not fit is asked for by `changes`.
    let (open, others): (Vec<_>, Vec<_>) =
        rooms.partition(|(room_key, _)| model.navigation.current == Some(**room_key));
    let resumed = open.into_iter().chain(others).take(RESUMED_MAX);
    let cursors: Vec<_> =
        resumed.map(|(room_key, room)| RoomCursor { room: room_key.room, after: room.following.cursor() }).collect();
    let resume = server.life.epoch().cloned().filter(|_| !cursors.is_empty());
    let resume = resume.map(|epoch| Resume { epoch, account: server.account, rooms: cursors });
    out.effect(Effect::Hello { server: key, resume });
}

fn on_welcome(model: &mut Model, key: ServerKey, welcome: &Welcome, out: &mut Outcomes) {
    if !model.servers.contains_key(&key) {
        return;
    }
    model.sign_in.take_if(|form| form.server == key);
    take_identity(model, key, welcome, out);
    // The loaded items may lack ephemeral messages: the open room loads its end again.
    model.rooms_of(key).for_each(|(room, _)| room.backlog.history = History::NotRequested);
    changes::on_memberships(model, key, &welcome.account.rooms, out);
    pushes::retry_ephemeral(model, key);
    changes::on_resumed(model, key, &welcome.resumed, out);
    changes::catch_up_all(model, key, out);
    out.ask(key, model.activity.to_request(), Purpose::Nothing);
    if let Some(open) = model.open_room() {
        open.room.on_returned();
        open.room.load(open.server, out);
    }
    // Also where the open room is gone.
    out.push(Outcome::OpenDefaultRoom(key));
}

/// Takes the server's identity and the account's, and drops what belongs to another.
fn take_identity(model: &mut Model, key: ServerKey, welcome: &Welcome, out: &mut Outcomes) {
    let now = model.now;
    let Some(server) = model.servers.get_mut(&key) else { return };
    let entered = server.life.enter(&welcome.epoch, welcome.run);
    let is_other_person = server.me.as_ref().is_some_and(|me| me.id != welcome.user.id);
    server.welcome(welcome, now);
    let older = older_server_notice(&welcome.server_version, model.setup.is_server_own);
    if let Some(notice) = older.as_ref().filter(|_| server.older_notice != older) {
        out.show_info(notice);
    }
    server.older_notice = older;
    if is_other_person {
        // One account's unsent messages are not sent by another; on disk they wait for it.
        model.unclaimed.forget();
        model.rooms_of(key).for_each(|(room, _)| {
            room.writing = Writing::default();
        });
    }
    if entered == Entered::AnotherEpoch || is_other_person {
        // The numbers, or the rooms, are others: nothing loaded is valid.
        let given_up = changes::give_up_changes(model, |room_key| room_key.server == key, out);
        // One notice: a second would take its place.
        if entered == Entered::AnotherEpoch {
            let what = "The server's data were replaced, as by a restored backup: all rooms are loaded again.";
            out.show_info(&format!("{what}{given_up}"));
        } else if !given_up.is_empty() {
            out.show_info(&format!("Another account is signed in.{given_up}"));
        }
        model.rooms_of(key).for_each(|(room, _)| {
            room.reset(Cursor::START);
            room.reading.forget_progress();
            room.following.doubt();
            room.writing.is_draft_saved = false;
        });
        model.unclaimed.forget_places();
        out.persist(key, PersistOp::RemoveAllRooms);
    } else if entered == Entered::AnotherRun {
        model.rooms_of(key).for_each(|(room, _)| room.following.doubt());
    }
    let (me, epoch, account) = (welcome.user.clone(), welcome.epoch.clone(), welcome.account.head);
    let open = model.navigation.current.map(|room_key| room_key.room);
    out.persist(key, PersistOp::StoreAccount { me, epoch, account, open, users: Vec::new() });
}
