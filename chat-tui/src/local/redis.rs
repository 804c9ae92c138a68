//! The server's own look at a Redis.

pub use chat_server::doctor::{Check as ServerCheck, Level as ServerLevel};

/// Looks at the Redis of a URL as `chat-server doctor` does, below the prefix of its server.
pub async fn check_redis(url: &str, prefix: &str) -> Vec<ServerCheck> {
    chat_server::doctor::redis_at(url, prefix).await
}
