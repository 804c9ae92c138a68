//! What a link tells: the server comes and goes.

use chat_proto::client_frame::{Resume, RoomCursor};
use chat_proto::ids::UserId;
use chat_proto::limits::IDS_MAX;
use chat_proto::request::{SetActivity, Users};
use chat_proto::server_frame::Welcome;

use super::answers::{self, Purpose};
use super::effect::{Effect, PersistOp};
use super::model::Model;
use super::msg::LinkMsg;
use super::room::{CatchUp, History};
use super::room_key::{RoomKey, ServerKey};
use super::server::LinkState;
use super::{catch_up, navigation, outbox, pushes};
use crate::text::SafeText;

/// Takes what a link told.
pub(super) fn on_msg(model: &mut Model, server: ServerKey, msg: LinkMsg) {
    match msg {
        LinkMsg::Connecting => set_link_state(model, server, LinkState::Connecting),
        LinkMsg::Opened => send_hello(model, server),
        LinkMsg::Welcome(welcome) => on_welcome(model, server, &welcome),
        LinkMsg::Answer { ask, result } => answers::on_answer(model, ask, *result),
        LinkMsg::Push(frame) => pushes::on_push(model, server, frame),
        LinkMsg::Lag(lag_ms) => set_lag(model, server, lag_ms),
        LinkMsg::Down { reason, retry_in_ms } => {
            let retry_at = model.now.plus_ms(retry_in_ms);
            on_down(model, server, LinkState::Down { reason: SafeText::line(&reason), retry_at });
        }
        LinkMsg::Denied { reason } => {
            on_down(model, server, LinkState::Denied { reason: SafeText::line(&reason) });
            let reason = reason.trim_end_matches('.');
            model.show_error(&format!("{reason}. Leave with Ctrl+Q, sign in with `chat login NAME`, and come back."));
        }
    }
}

/// Asks for the names that are missing, all at once.
pub(super) fn request_names(model: &mut Model) {
    let ready: Vec<_> = model.servers.iter().filter(|(_, server)| server.is_ready()).map(|(key, _)| *key).collect();
    for key in ready {
        let Some(server) = model.server_mut(key) else { continue };
        let ids: Vec<UserId> = std::mem::take(&mut server.missing_names).into_iter().collect();
        for ids in ids.chunks(IDS_MAX) {
            model.ask(key, Users { ids: ids.to_vec() }, Purpose::Names);
        }
    }
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

fn on_down(model: &mut Model, key: ServerKey, link: LinkState) {
    if let Some(server) = model.server_mut(key) {
        server.link = link;
        server.clear_presence();
    }
    for room in rooms_of(model, key) {
        if let Some(room) = model.rooms.get_mut(&room) {
            room.typing.clear();
        }
    }
}

fn rooms_of(model: &Model, server: ServerKey) -> Vec<RoomKey> {
    model.rooms.keys().copied().filter(|room_key| room_key.server == server).collect()
}

fn send_hello(model: &mut Model, key: ServerKey) {
    let Some(server) = model.servers.get(&key) else { return };
    let rooms: Vec<_> = model.rooms.iter().filter(|(room_key, _)| room_key.server == key).collect();
    let cursors = rooms.iter().map(|(room_key, room)| RoomCursor { room: room_key.room, after: room.cursor }).collect();
    let resume = server.epoch.clone().filter(|_| !rooms.is_empty());
    let resume = resume.map(|epoch| Resume { epoch, account: server.account, rooms: cursors });
    model.effects.push(Effect::Hello { server: key, resume });
}

fn on_welcome(model: &mut Model, key: ServerKey, welcome: &Welcome) {
    let now = model.now;
    let Some(server) = model.server_mut(key) else { return };
    let is_other_epoch = server.epoch.as_ref().is_some_and(|epoch| *epoch != welcome.epoch);
    let is_other_person = server.me.as_ref().is_some_and(|me| me.id != welcome.user.id);
    server.welcome(welcome, now);
    let older = older(&welcome.server_version).map(SafeText::line);
    let is_new_notice = older.is_some() && server.older_version != older;
    server.older_version = older;
    if is_new_notice {
        warn_older_server(model, &welcome.server_version);
    }
    if is_other_epoch || is_other_person {
        // Other numbers, or another person's rooms: nothing of what is at hand holds.
        for room_key in rooms_of(model, key) {
            if let Some(room) = model.rooms.get_mut(&room_key) {
                room.reset(chat_proto::ids::Seq::ZERO);
                room.catch_up = CatchUp::Needed;
                if is_other_person {
                    // What one person wrote is not sent by another; on disk it waits for them.
                    room.pending.clear();
                    room.draft = super::Editor::default();
                }
            }
        }
        model.effects.push(Effect::Persist(key, PersistOp::RemoveAllRooms));
    }
    for room_key in rooms_of(model, key) {
        if let Some(room) = model.rooms.get_mut(&room_key) {
            // What is at hand may lack what expires; the open room asks again for its end.
            room.history = History::NotRequested;
        }
    }
    let (me, epoch, account) = (welcome.user.clone(), welcome.epoch.clone(), welcome.account.head);
    let open = model.current.map(|room_key| room_key.room);
    model.effects.push(Effect::Persist(key, PersistOp::StoreAccount { me, epoch, account, open, users: Vec::new() }));
    catch_up::on_memberships(model, key, &welcome.account.rooms);
    outbox::on_service(model, key);
    for resumed in &welcome.resumed {
        catch_up::on_resumed(model, key, resumed);
    }
    catch_up::catch_up_all(model, key);
    model.ask_and_forget(key, SetActivity { is_active: !model.is_away });
    navigation::open_default_room(model, key);
    if let Some(room_key) = model.current {
        catch_up::load_room(model, room_key);
    }
}

fn warn_older_server(model: &mut Model, version: &str) {
    let own = env!("CARGO_PKG_VERSION");
    let text = format!("The server ({version}) is older than this program ({own}): `chat local restart` renews it.");
    model.show_info(&text);
}

/// The server's version, where it comes before this program's.
fn older(version: &str) -> Option<&str> {
    let numbers = |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (theirs, own) = (numbers(version)?, numbers(env!("CARGO_PKG_VERSION"))?);
    (theirs < own).then_some(version)
}
