//! Removes messages that are older than the settings keep them, in small steps between which everyone posts on. Must not know
//! how a store removes them.

use std::sync::Arc;
use std::time::Duration;

use chat_proto::time::UnixMillis;

use super::state::Server;
use super::trusted_time::TrustedTime;
use crate::store::StoreError;

/// The time between two looks for old messages.
const EVERY: Duration = Duration::from_hours(1);
/// The time between two looks at the setting, which may change.
const SETTING_EVERY: Duration = Duration::from_secs(1);
/// The pause between two steps: posts come first.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes old messages now and every hour, for ever, if the settings say how old.
pub async fn remove_old_messages(server: Arc<Server>) {
    let started = server.now();
    let mut time = None;
    loop {
        let keep_days = server.adjustable().keep_days;
        match remove_older(&server, keep_days, (started, &mut time)).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, keep_days, "old messages were removed"),
            Err(error) => {
                let error = error.with_causes();
                tracing::warn!(error, "old messages could not be removed; the next try is in an hour");
            }
        }
        let mut waited = Duration::ZERO;
        while waited < EVERY && server.adjustable().keep_days == keep_days {
            tokio::time::sleep(SETTING_EVERY).await;
            waited += SETTING_EVERY;
        }
    }
}

/// Removes the messages that are older than so many days, if any are; returns how many. The first call, soon after the start,
/// sets the time by which they are old.
async fn remove_older(
    server: &Server,
    keep_days: Option<u32>,
    (started, time): (UnixMillis, &mut Option<TrustedTime>),
) -> Result<u64, StoreError> {
    let time = match *time {
        Some(time) => time,
        None => *time.insert(TrustedTime::new(server.store.newest_message_at().await?, started)),
    };
    let Some(days) = keep_days else { return Ok(0) };
    let trusted = time.at(server.now());
    if trusted < server.now() {
        tracing::warn!(
            keep_days,
            "the clock was far ahead of the newest message at the start: it may be wrong, so old messages are removed as if that \
             time had not passed. If it is right, stop the server and remove them with `chat-server prune --before DATE`"
        );
    }
    let before = trusted.minus_days(days);
    let mut messages = 0;
    for room in server.store.rooms_with_messages_before(before).await? {
        while let Some(range) = server.store.oldest_before(room, before).await? {
            server.store.prune(room, range).await?;
            server.rooms.forget_pruned(room, range.last).await;
            messages += u64::from(range.messages);
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(messages)
}
