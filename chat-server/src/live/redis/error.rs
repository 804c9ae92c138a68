//! Redis' errors, as the server and its owner understand them.

use redis::{ErrorKind, RedisError};

use super::connect::ConnectError;
use super::operation::Health;
use super::options::RedisOptions;
use crate::live::LiveError;

/// Why a server that is to use Redis cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RedisStartError {
    /// The address cannot be read.
    #[error(
        "redis.url: {0}; one looks like redis://127.0.0.1:6379, rediss://user:password@host:6380/2 or unix:///run/redis/redis.sock"
    )]
    Url(String),
    /// What all keys begin with cannot be that.
    #[error("redis.prefix: {0:?} is not of A–Z a–z 0–9 - _ . :")]
    Prefix(String),
    /// The password, or the user, does not fit.
    #[error(
        "Redis at {address} refuses the sign-in ({reason}); put the right user and password into the address: redis://USER:PASSWORD@HOST"
    )]
    SignIn {
        /// Where, without the password.
        address: String,
        /// What it said.
        reason: String,
    },
    /// Its user may not do all that the server does.
    #[error(
        "Redis at {address} refuses what the server does there ({reason}): its user lacks rights; grant them: {rule}"
    )]
    Rights {
        /// Where.
        address: String,
        /// What it said.
        reason: String,
        /// The command that gives them.
        rule: String,
    },
    /// It has no such database.
    #[error("Redis at {address} cannot be used: {reason}; {DATABASE_ADVICE}")]
    Database {
        /// Where.
        address: String,
        /// Which one, and what it said.
        reason: String,
    },
    /// It is too old.
    #[error("Redis at {address} cannot be used: {reason}")]
    Unfit {
        /// Where.
        address: String,
        /// What it said.
        reason: String,
    },
    /// It cannot be reached, and the server was told not to start without it.
    #[error("Redis at {address} cannot be reached ({reason}); start it, or leave out --require-redis to start without")]
    Unreachable {
        /// Where.
        address: String,
        /// What happened.
        reason: String,
    },
}

/// What to do where Redis has no such database.
pub const DATABASE_ADVICE: &str = "name one that it has, 0 to 15 where its settings say nothing else (`databases`): \
     redis://HOST/0, unix:///PATH?db=0";

impl RedisStartError {
    /// The error of a start that waiting would not mend; none where it may.
    pub(super) fn of(error: &ConnectError, options: &RedisOptions) -> Option<Self> {
        let address = options.address.clone();
        match error {
            ConnectError::Redis(error) if is_sign_in(error) => Some(Self::SignIn { address, reason: reason_of(error) }),
            ConnectError::Redis(error) if is_rights(error) => {
                Some(Self::Rights { address, reason: reason_of(error), rule: options.rule() })
            }
            ConnectError::Database(..) => Some(Self::Database { address, reason: error.to_string() }),
            ConnectError::TooOld(_) => Some(Self::Unfit { address, reason: error.to_string() }),
            ConnectError::Redis(_) | ConnectError::Silent | ConnectError::Slow(_) => None,
        }
    }
}

/// What an error about one command means.
pub(super) fn of_command(error: &RedisError) -> (Health, LiveError) {
    if error.code() == Some("OOM") {
        return (Health::Full, LiveError::OutOfMemory);
    }
    if is_of_one_key(error) {
        return (Health::Usable, LiveError::KeyConflict);
    }
    // Whatever it is (read-only, loading, no script, no permission), the next command would hear the same.
    (Health::Broken, LiveError::Unavailable)
}

/// Whether Redis refuses user or password.
pub(super) fn is_sign_in(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
}

/// Whether Redis says that the user may not do this: with a code of its own, and in a script, by its version, without.
pub(super) fn is_rights(error: &RedisError) -> bool {
    let in_script = ["The user executing the script can't", "ACL failure in script"];
    error.code() == Some("NOPERM")
        || error.detail().is_some_and(|detail| in_script.iter().any(|words| detail.starts_with(words)))
}

/// Whether the error is about the value under a key, such as one of another program, and not about Redis.
pub(super) fn is_of_one_key(error: &RedisError) -> bool {
    let of_value = |detail: &str| detail.contains("is not an integer") || detail.starts_with("user_script:");
    error.code() == Some("WRONGTYPE") || (error.code() == Some("ERR") && error.detail().is_some_and(of_value))
}

/// What Redis said, in its own words.
pub(super) fn reason_of(error: &RedisError) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}
