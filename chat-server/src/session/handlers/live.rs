//! What has no number: subscriptions, typing, activity, trending words.

use chat_proto::codec;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::{
    Empty, SetActivity, SetTyping, Subscribe, Subscribed, Trending, TrendingAnswer, Unsubscribe,
};

use super::people::check_count;
use crate::session::app::App;
use crate::session::conversation::{Identity, Session};
use crate::session::error::Refusal;
use crate::session::gate;

/// Trending words told at the most.
const TOPICS_MAX: u32 = 50;

pub(in crate::session) async fn subscribe(
    session: &mut Session,
    who: &Identity,
    asked: Subscribe,
) -> Result<Subscribed, Refusal> {
    check_count(asked.rooms.len())?;
    let mut heads = Vec::with_capacity(asked.rooms.len());
    for room in asked.rooms {
        if gate::visible(&session.app.rooms, who.user, room).await.is_ok() {
            heads.push(chat_proto::request::RoomHead { room, head: session.subscribe(room).await? });
        }
    }
    Ok(Subscribed { heads })
}

pub(in crate::session) async fn unsubscribe(session: &mut Session, asked: Unsubscribe) -> Result<Empty, Refusal> {
    check_count(asked.rooms.len())?;
    for room in asked.rooms {
        session.app.rooms.unsubscribe(room, session.connection).await;
        session.subscriptions.retain(|subscribed| *subscribed != room);
    }
    Ok(Empty {})
}

pub(in crate::session) async fn typing(
    session: &mut Session,
    who: &Identity,
    asked: SetTyping,
) -> Result<Empty, Refusal> {
    let app = &session.app;
    gate::member(&app.rooms, who.user, asked.room).await?;
    let told = app.typing.set_typing(asked.room, (who.user, session.connection), asked.is_typing, app.now());
    if let Some(frame) = told {
        app.rooms.transient(asked.room, codec::encode(&frame), Some(session.connection));
    }
    Ok(Empty {})
}

pub(in crate::session) fn activity(session: &Session, who: &Identity, asked: SetActivity) -> Empty {
    session.app.presence.activity(who.user, session.connection, asked.is_active);
    Empty {}
}

pub(in crate::session) async fn trending(
    app: &App,
    who: &Identity,
    asked: Trending,
) -> Result<TrendingAnswer, Refusal> {
    if !(1..=TOPICS_MAX).contains(&asked.limit) {
        let message = format!("From 1 to {TOPICS_MAX} words.");
        return Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("limit").into());
    }
    gate::member(&app.rooms, who.user, asked.room).await?;
    Ok(TrendingAnswer { topics: app.topics.top(asked.room, asked.limit as usize) })
}
