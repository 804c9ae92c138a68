//! What has no number: subscriptions, typing, activity, trending words.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::{
    Empty, SetActivity, SetTyping, Subscribe, Subscribed, Trending, TrendingAnswer, Unsubscribe,
};

use super::people::check_count;
use crate::access::RoomAction;
use crate::session::app::App;
use crate::session::connection::{Connection, Identity};
use crate::session::error::Refusal;

/// Trending words told at the most.
const TOPICS_MAX: u32 = 50;

pub(in crate::session) async fn subscribe(
    connection: &mut Connection,
    who: &Identity,
    asked: Subscribe,
) -> Result<Subscribed, Refusal> {
    check_count(asked.rooms.len())?;
    let mut heads = Vec::with_capacity(asked.rooms.len());
    for room in asked.rooms {
        // A room that may not be seen is left out.
        if let Ok(head) = connection.subscribe(&who.caller, room).await {
            heads.push(chat_proto::request::RoomHead { room, head });
        }
    }
    Ok(Subscribed { heads })
}

pub(in crate::session) async fn unsubscribe(connection: &mut Connection, asked: Unsubscribe) -> Result<Empty, Refusal> {
    check_count(asked.rooms.len())?;
    for room in asked.rooms {
        connection.app.rooms.unsubscribe(room, connection.id).await;
        connection.subscriptions.retain(|subscribed| *subscribed != room);
    }
    Ok(Empty {})
}

pub(in crate::session) async fn typing(
    connection: &mut Connection,
    who: &Identity,
    asked: SetTyping,
) -> Result<Empty, Refusal> {
    connection.app.rooms.set_typing(&who.caller, asked.room, connection.id, asked.is_typing).await?;
    Ok(Empty {})
}

pub(in crate::session) fn activity(connection: &Connection, who: &Identity, asked: SetActivity) -> Empty {
    connection.app.presence.activity(who.user, connection.id, asked.is_active);
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
    app.rooms.snapshot(&who.caller, asked.room, RoomAction::ReadTrending).await?;
    Ok(TrendingAnswer { words: app.trending.top(asked.room, asked.limit as usize) })
}
