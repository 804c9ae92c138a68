//! Posts: what is checked before the room sees one, and who is told beside it.

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::request::Post;
use chat_proto::server_frame::AccountNews;

use crate::session::app::App;
use crate::session::conversation::Identity;
use crate::session::error::Refusal;
use crate::session::mentions;

/// Whether the account may post this now; the accounts its text names.
pub(in crate::session) async fn check(app: &App, who: &Identity, post: &Post) -> Result<Vec<UserId>, Refusal> {
    app.limiter.judge(who.user, who.is_local, post.body.as_str(), app.now())?;
    mentioned(app, post.body.as_str()).await
}

/// The accounts a text names.
pub(in crate::session) async fn mentioned(app: &App, text: &str) -> Result<Vec<UserId>, Refusal> {
    let names = mentions::names(text);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let users = app.store.users_by_name(names.clone()).await?;
    let in_order = names.iter().filter_map(|name| users.iter().find(|user| user.name == *name));
    Ok(in_order.map(|user| user.id).collect())
}

/// Tells those a message names.
pub(in crate::session) fn tell_mentioned(app: &App, room: RoomId, seq: Seq, mentions: &[UserId]) {
    for user in mentions {
        app.hub.tell(*user, AccountNews::Mention { room, seq });
    }
}
