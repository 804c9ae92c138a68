//! Runs the server's own check of a Redis. Must not know what it checks.

pub use chat_server::doctor::{Check as ServerCheck, Level as ServerLevel};

/// Checks the Redis at a URL as `chat-server doctor` does, under its server's prefix.
pub async fn check_redis(url: &str, prefix: &str) -> Vec<ServerCheck> {
    chat_server::doctor::redis_at(url, prefix).await
}
