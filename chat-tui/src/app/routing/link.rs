//! Brings what a server's link reports to the parts it concerns: the server comes and goes. Must not know sockets.

#![deny(clippy::disallowed_methods)]

use chat_proto::client_frame::{Resume, RoomCursor};
use chat_proto::cursor::Cursor;
use chat_proto::request::SetActivity;
use chat_proto::server_frame::Welcome;

use super::{answers, pushes};
use crate::app::model::Model;
use crate::app::parts::editor::Editor;
use crate::app::parts::rooms::backlog::History;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::server::LinkState;
use crate::app::parts::{catch_up, history, outbox, restore};
use crate::app::state::effect::{Effect, PersistOp};
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::ServerKey;
use crate::argument::sentence;
use crate::catch_up::Entered;
use crate::link_event::LinkEvent;
use crate::text::SafeText;

/// Cursors in one `hello`: with more, its frame would be too large.
const RESUMED_MAX: usize = 400;

/// Takes what a link reports.
pub fn on_msg(model: &mut Model, server: ServerKey, msg: LinkEvent) -> Option<Outcome> {
    match msg {
        LinkEvent::Connecting => set_link_state(model, server, LinkState::Connecting),
        LinkEvent::Opened => send_hello(model, server),
        LinkEvent::Welcome(welcome) => return on_welcome(model, server, &welcome),
        LinkEvent::Answer { ask, result } => return answers::on_answer(model, ask, *result),
        LinkEvent::Push(frame) => return pushes::on_push(model, server, frame),
        LinkEvent::Lag(lag_ms) => set_lag(model, server, lag_ms),
        LinkEvent::Down { reason, retry_in_ms } => {
            let retry_at = model.now.plus_ms(retry_in_ms);
            on_down(model, server, LinkState::Down { reason: SafeText::line(&reason), retry_at });
        }
        LinkEvent::Stopped { error } => {
            let reason = error.to_string();
            on_down(model, server, LinkState::Denied { reason: SafeText::line(&reason) });
            let reason = sentence(&reason);
            model.show_error(&format!("{reason} Quit with Ctrl+Q, sign in with `chat login NAME`, and come back."));
        }
    }
    None
}

fn set_link_state(model: &mut Model, server: ServerKey, link: LinkState) {
    if let Some(server) = model.server_mut(server) {
        server.link = link;
    }
}

fn set_lag(model: &mut Model, server: ServerKey, lag_ms: u64) {
    if let Some(server) = model.server_mut(server) {
        server.lag_ms = Some(lag_ms);
    }
}

fn rooms_of(model: &mut Model, server: ServerKey) -> impl Iterator<Item = &mut Room> {
    model.rooms.iter_mut().filter(move |(room_key, _)| room_key.server == server).map(|(_, room)| room)
}

fn on_down(model: &mut Model, key: ServerKey, link: LinkState) {
    if let Some(server) = model.server_mut(key) {
        server.link = link;
        server.clear_presence();
    }
    rooms_of(model, key).for_each(|room| room.people.typing.clear());
}

fn send_hello(model: &mut Model, key: ServerKey) {
    let Some(server) = model.servers.get(&key) else { return };
    let rooms = model.rooms.iter().filter(|(room_key, _)| room_key.server == key);
    // The open room first; a room that does not fit is asked for by `changes`.
    let (open, others): (Vec<_>, Vec<_>) = rooms.partition(|(room_key, _)| model.current == Some(**room_key));
    let resumed = open.into_iter().chain(others).take(RESUMED_MAX);
    let cursors: Vec<_> =
        resumed.map(|(room_key, room)| RoomCursor { room: room_key.room, after: room.following.cursor() }).collect();
    let resume = server.life.epoch().cloned().filter(|_| !cursors.is_empty());
    let resume = resume.map(|epoch| Resume { epoch, account: server.account, rooms: cursors });
    model.effects.push(Effect::Hello { server: key, resume });
}

fn on_welcome(model: &mut Model, key: ServerKey, welcome: &Welcome) -> Option<Outcome> {
    take_identity(model, key, welcome)?;
    // The loaded items may lack ephemeral messages: the open room loads its end again.
    rooms_of(model, key).for_each(|room| room.backlog.history = History::NotRequested);
    // The room that is opened below is opened in any case.
    drop(catch_up::on_memberships(model, key, &welcome.account.rooms));
    outbox::on_service(model, key);
    catch_up::on_resumed(model, key, &welcome.resumed);
    catch_up::catch_up_all(model, key);
    model.ask_and_forget(key, SetActivity { is_active: !model.is_away });
    if let Some(room_key) = model.current {
        history::load_room(model, room_key);
    }
    Some(Outcome::OpenDefaultRoom(key))
}

/// Takes the server's identity and the account's, and drops what belongs to another. `None` if the server is unknown.
fn take_identity(model: &mut Model, key: ServerKey, welcome: &Welcome) -> Option<()> {
    let now = model.now;
    let server = model.server_mut(key)?;
    let entered = server.life.enter(&welcome.epoch, welcome.run);
    let is_other_person = server.me.as_ref().is_some_and(|me| me.id != welcome.user.id);
    server.welcome(welcome, now);
    let older = older(&welcome.server_version).map(SafeText::line);
    let is_new_notice = older.is_some() && server.older_version != older;
    server.older_version = older;
    if is_new_notice {
        warn_older_server(model, &welcome.server_version);
    }
    if is_other_person {
        // One account's unsent messages are not sent by another; on disk they wait for it.
        restore::forget(model);
        rooms_of(model, key).for_each(|room| {
            room.writing.pending.clear();
            room.writing.draft = Editor::default();
        });
    }
    if entered == Entered::AnotherEpoch || is_other_person {
        // The numbers, or the rooms, are others: nothing loaded is valid.
        rooms_of(model, key).for_each(|room| {
            room.reset(Cursor::START);
            room.following.doubt();
        });
        model.effects.push(Effect::Persist(key, PersistOp::RemoveAllRooms));
    } else if entered == Entered::AnotherRun {
        rooms_of(model, key).for_each(|room| room.following.doubt());
    }
    let (me, epoch, account) = (welcome.user.clone(), welcome.epoch.clone(), welcome.account.head);
    let open = model.current.map(|room_key| room_key.room);
    model.effects.push(Effect::Persist(key, PersistOp::StoreAccount { me, epoch, account, open, users: Vec::new() }));
    Some(())
}

fn warn_older_server(model: &mut Model, version: &str) {
    let own = env!("CARGO_PKG_VERSION");
    let text = format!("The server ({version}) is older than this program ({own}): `chat local restart` renews it.");
    model.show_info(&text);
}

/// The server's version if it is older than this program.
fn older(version: &str) -> Option<&str> {
    let numbers = |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (theirs, own) = (numbers(version)?, numbers(env!("CARGO_PKG_VERSION"))?);
    (theirs < own).then_some(version)
}
