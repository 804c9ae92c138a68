//! Requests about the present moment: subscriptions, typing, activity, trending words. Must not know how pushes travel.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::{
    Empty, RoomHead, SetActivity, SetTyping, Subscribe, Subscribed, Trending, TrendingAnswer, Unsubscribe,
};

use crate::access::{Caller, RoomAction};
use crate::connection::bounds::check_count;
use crate::connection::error::Refusal;
use crate::server::Server;

pub(in crate::connection) async fn subscribe(
    server: &Server,
    caller: &Caller,
    asked: Subscribe,
) -> Result<Subscribed, Refusal> {
    check_count(asked.rooms.len(), "rooms")?;
    let device = server.connections.device(caller).ok_or(Refusal::NoConnection)?;
    let mut heads = Vec::with_capacity(asked.rooms.len());
    for room in asked.rooms {
        // A room that the caller may not see is left out.
        if let Ok(head) = server.rooms.subscribe(caller, room, device.connection, &device.send_queue).await {
            heads.push(RoomHead { room, head });
        }
    }
    Ok(Subscribed { heads })
}

pub(in crate::connection) async fn unsubscribe(
    server: &Server,
    caller: &Caller,
    asked: Unsubscribe,
) -> Result<Empty, Refusal> {
    check_count(asked.rooms.len(), "rooms")?;
    let device = server.connections.device(caller).ok_or(Refusal::NoConnection)?;
    for room in asked.rooms {
        server.rooms.unsubscribe(room, device.connection).await;
        // What is queued already would arrive behind the answer.
        device.send_queue.forget_room(room);
    }
    Ok(Empty {})
}

pub(in crate::connection) async fn typing(
    server: &Server,
    caller: &Caller,
    asked: SetTyping,
) -> Result<Empty, Refusal> {
    let connection = caller.connection().ok_or(Refusal::NoConnection)?;
    server.rooms.set_typing(caller, asked.room, connection, asked.is_typing).await?;
    Ok(Empty {})
}

pub(in crate::connection) fn activity(server: &Server, caller: &Caller, asked: SetActivity) -> Result<Empty, Refusal> {
    let connection = caller.connection().ok_or(Refusal::NoConnection)?;
    server.presence.activity(caller.user(), connection, asked.is_active);
    Ok(Empty {})
}

pub(in crate::connection) async fn trending(
    server: &Server,
    caller: &Caller,
    asked: Trending,
) -> Result<TrendingAnswer, Refusal> {
    let words_max = server.config.limits.trending_max;
    if !(1..=words_max).contains(&asked.limit) {
        let message = format!("From 1 to {words_max} words.");
        return Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("limit").into());
    }
    server.rooms.snapshot(caller, asked.room, RoomAction::ReadTrending).await?;
    Ok(TrendingAnswer { words: server.trending.top(asked.room, asked.limit as usize) })
}
