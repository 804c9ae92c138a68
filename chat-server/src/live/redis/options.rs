//! The address of Redis and how it is used. Must not know connections.

use redis::IntoConnectionInfo;

use super::error::RedisStartError;
use crate::live::MemoryCaps;

/// The address of Redis and how it is used.
#[derive(Clone)]
pub struct RedisOptions {
    pub(super) client: redis::Client,
    /// Selected after the sign-in: the client library would hide Redis' reason to refuse it.
    pub(super) database: i64,
    user: String,
    /// The address without the password, for people.
    pub address: String,
    /// The beginning of all keys.
    pub prefix: String,
    /// The limits of ephemeral messages.
    pub(super) caps: MemoryCaps,
    /// Whether the server refuses to start without it.
    pub is_required: bool,
}

impl std::fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { client: _, database: _, user: _, address, prefix, caps: _, is_required } = self;
        f.debug_struct("RedisOptions")
            .field("address", address)
            .field("prefix", prefix)
            .field("is_required", is_required)
            .finish_non_exhaustive()
    }
}

impl RedisOptions {
    /// Reads an address: `redis://`, `rediss://` (TLS) or `unix://`, with user, password and database.
    ///
    /// # Errors
    /// [`RedisStartError::Url`] if `url` is no such address, [`RedisStartError::Prefix`] if keys cannot begin with the prefix.
    pub fn new(url: &str, prefix: &str, is_required: bool) -> Result<Self, RedisStartError> {
        check_prefix(prefix)?;
        let wrong = |error: redis::RedisError| RedisStartError::Url(error.to_string());
        // For `rediss://`. A provider that the program has installed already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let info = url.into_connection_info().map_err(wrong)?;
        let settings = info.redis_settings();
        let (user, database) = (settings.username().unwrap_or_default().to_owned(), settings.db());
        if database < 0 {
            return Err(RedisStartError::Url(format!("there is no database {database}; they are counted from 0")));
        }
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        let address = format!("{at}{}/{database}", info.addr());
        let settings = settings.clone().set_db(0);
        let caps = MemoryCaps::default();
        let client = redis::Client::open(info.set_redis_settings(settings)).map_err(wrong)?;
        Ok(Self { client, database, user, address, prefix: prefix.to_owned(), caps, is_required })
    }

    /// The same, but for the bytes that ephemeral messages may take.
    #[must_use]
    pub fn with_caps(self, caps: MemoryCaps) -> Self {
        Self { caps, ..self }
    }

    /// The command that grants the user all rights the server needs.
    pub fn rule(&self) -> String {
        let user = if self.user.is_empty() { "default" } else { &self.user };
        format!("ACL SETUSER {user} ~{{{}}}:* +@all -@admin +client|id +client|kill", self.prefix)
    }
}

/// Checks that keys can begin with this.
///
/// # Errors
/// [`RedisStartError::Prefix`] if they cannot.
pub fn check_prefix(prefix: &str) -> Result<(), RedisStartError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if prefix.is_empty() || !prefix.chars().all(is_plain) {
        return Err(RedisStartError::Prefix(prefix.to_owned()));
    }
    Ok(())
}
