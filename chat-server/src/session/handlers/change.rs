//! Changes of what stands: edits, deletions, topic, description.

use chat_proto::request::{Changed, Delete, Edit, SetDescription, SetTopic};

use super::post::mentioned;
use crate::session::app::App;
use crate::session::conversation::Identity;
use crate::session::error::Refusal;

pub(in crate::session) async fn edit(app: &App, who: &Identity, edit: Edit) -> Result<Changed, Refusal> {
    app.limiter.judge(who.user, who.is_local, edit.body.as_str(), app.now())?;
    let mentions = mentioned(app, edit.body.as_str()).await?;
    Ok(Changed { changed: app.rooms.edit(who.user, edit, mentions).await? })
}

pub(in crate::session) async fn delete(app: &App, who: &Identity, delete: Delete) -> Result<Changed, Refusal> {
    Ok(Changed { changed: app.rooms.delete(who.user, delete.room, delete.seq).await? })
}

pub(in crate::session) async fn topic(app: &App, who: &Identity, set: SetTopic) -> Result<Changed, Refusal> {
    Ok(Changed { changed: app.rooms.set_topic(who.user, set.room, set.topic).await? })
}

pub(in crate::session) async fn description(
    app: &App,
    who: &Identity,
    set: SetDescription,
) -> Result<Changed, Refusal> {
    Ok(Changed { changed: app.rooms.set_description(who.user, set.room, set.description).await? })
}
