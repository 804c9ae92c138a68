//! People's names: remembers them, and requests those that are missing. Must not know where they are shown.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::UserId;
use chat_proto::limits::IDS_MAX;
use chat_proto::request::Users;
use chat_proto::room::User;

use crate::app::model::Model;
use crate::app::parts::server::Server;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::ServerKey;

/// Remembers names.
pub fn add_users(model: &mut Model, server: ServerKey, users: &[User]) {
    if let Some(server) = model.server_mut(server) {
        server.add_users(users);
    }
}

/// Notes that someone's name is needed; [`request_missing`] asks for it.
pub fn need(model: &mut Model, server: ServerKey, user: UserId) {
    if let Some(server) = model.server_mut(server) {
        server.request_name(user);
    }
}

/// Requests the names that are missing, from every connected server.
pub fn request_missing(model: &mut Model) {
    let is_asked = |server: &Server| server.is_ready() && !server.missing_names.is_empty();
    let asked: Vec<_> = model.servers.iter().filter(|(_, server)| is_asked(server)).map(|(key, _)| *key).collect();
    for key in asked {
        let Some(server) = model.server_mut(key) else { continue };
        let ids: Vec<UserId> = std::mem::take(&mut server.missing_names).into_iter().collect();
        for ids in ids.chunks(IDS_MAX) {
            model.ask(key, Users { ids: ids.to_vec() }, Purpose::Names);
        }
    }
}
