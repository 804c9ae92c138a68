//! Posts: what is checked before the room sees one.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::UserId;
use chat_proto::message::What;
use chat_proto::request::Post;

use crate::session::app::App;
use crate::session::conversation::Identity;
use crate::session::error::Refusal;
use crate::session::{gate, mentions};

/// Whether the account may post this now; the accounts its text names.
pub(in crate::session) async fn check(app: &App, who: &Identity, post: &Post) -> Result<Vec<UserId>, Refusal> {
    app.limiter.judge(who.user, who.is_local, post.body.as_str(), app.now())?;
    if let Some(seq) = post.reply_to {
        gate::member(&app.rooms, who.user, post.room).await?;
        let found = app.rooms.find(post.room, seq).await?;
        if !found.is_some_and(|item| matches!(item.what, What::Message(_))) {
            let message = "The message that is answered is not there.";
            return Err(ErrorBody::new(ErrorCode::NotFound, message).at_field("reply_to").into());
        }
    }
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
