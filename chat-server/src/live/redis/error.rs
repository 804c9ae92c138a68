//! Redis' errors as the server and its operator understand them. Must not know connections or commands.

use std::borrow::Cow;
use std::time::Duration;

use redis::{ErrorKind, RedisError};

use crate::live::LiveError;

/// Why Redis cannot be reached or used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Redis said so.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// No answer within this time.
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The answer came too late to be of use.
    #[error("it takes {} ms to answer; ephemeral messages are accepted again once that is below {} ms", .took.as_millis(), .limit.as_millis())]
    Slow {
        /// How long the answer took.
        took: Duration,
        /// How long it may take.
        limit: Duration,
    },
    /// It is older than Redis 7.0.
    #[error("it is version {0}; Redis 7.0 or Valkey is needed")]
    TooOld(String),
    /// It has no database of this number, or only the first.
    #[error("database {0} cannot be selected: {1}")]
    Database(i64, String),
}

/// Whether a connection can go on; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    /// For everything.
    Usable,
    /// For commands that need no memory.
    Full,
    /// For nothing.
    Broken,
}

/// Why a server that is to use Redis cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RedisStartError {
    /// The address is none.
    #[error(
        "redis.url: {0}; one looks like redis://127.0.0.1:6379, rediss://user:password@host:6380/2 or unix:///run/redis/redis.sock"
    )]
    Url(String),
    /// Keys cannot begin with the prefix.
    #[error("redis.prefix: {0:?} is not of A–Z a–z 0–9 - _ . :")]
    Prefix(String),
    /// The user or the password is wrong.
    #[error("Redis at {address} refuses the sign-in ({reason})")]
    SignIn {
        /// The address, without the password.
        address: String,
        /// Redis' words.
        reason: String,
    },
    /// The user lacks rights the server needs.
    #[error("Redis at {address} refuses what the server does there ({reason}): its user lacks rights")]
    Rights {
        /// The address.
        address: String,
        /// Redis' words.
        reason: String,
        /// The command that grants them.
        rule: String,
    },
    /// There is no database of this number.
    #[error("Redis at {address} cannot be used: {reason}")]
    Database {
        /// The address.
        address: String,
        /// The number, and Redis' words.
        reason: String,
    },
    /// Its version is too old.
    #[error("Redis at {address} cannot be used: {reason}")]
    Unfit {
        /// The address.
        address: String,
        /// Redis' words.
        reason: String,
    },
    /// Redis is required and cannot be reached.
    #[error("Redis at {address} cannot be reached ({reason})")]
    Unreachable {
        /// The address.
        address: String,
        /// The event in words.
        reason: String,
    },
}

/// The advice if Redis has no database of this number.
pub const DATABASE_ADVICE: &str = "name one that it has, 0 to 15 where its settings say nothing else (`databases`): \
     redis://HOST/0, unix:///PATH?db=0";

impl RedisStartError {
    /// The next step of an operator, if one usually helps.
    pub fn advice(&self) -> Option<Cow<'static, str>> {
        match self {
            // The errors of settings name the right form beside the mistake.
            Self::Url(_) | Self::Prefix(_) | Self::Unfit { .. } => None,
            Self::SignIn { .. } => {
                Some("put the right user and password into the address: redis://USER:PASSWORD@HOST".into())
            }
            Self::Rights { rule, .. } => Some(format!("grant them: {rule}").into()),
            Self::Database { .. } => Some(DATABASE_ADVICE.into()),
            Self::Unreachable { .. } => Some("start it, or leave out --require-redis to start without".into()),
        }
    }

    /// The error at start, if waiting would not help; `rule` grants the rights that suffice.
    pub(super) fn of(error: &ConnectError, address: &str, rule: String) -> Option<Self> {
        let address = address.to_owned();
        match error {
            ConnectError::Redis(error) if is_sign_in(error) => Some(Self::SignIn { address, reason: reason_of(error) }),
            ConnectError::Redis(error) if is_rights(error) => {
                Some(Self::Rights { address, reason: reason_of(error), rule })
            }
            ConnectError::Database(..) => Some(Self::Database { address, reason: error.to_string() }),
            ConnectError::TooOld(_) => Some(Self::Unfit { address, reason: error.to_string() }),
            ConnectError::Redis(_) | ConnectError::Silent(_) | ConnectError::Slow { .. } => None,
        }
    }
}

/// Returns the meaning of a command's error for the connection and for the operation.
pub(super) fn of_command(error: &RedisError) -> (Health, LiveError) {
    if error.code() == Some("OOM") {
        return (Health::Full, LiveError::OutOfMemory);
    }
    if is_of_one_key(error) {
        return (Health::Usable, LiveError::KeyConflict);
    }
    // Read-only, loading, no script, no permission: the next command would fail the same way.
    (Health::Broken, LiveError::Unavailable)
}

/// Whether Redis refuses the user or the password.
pub(super) fn is_sign_in(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
}

/// Whether the user lacks a right. Plain commands get a code of their own; scripts, depending on the version, only a
/// sentence.
pub(super) fn is_rights(error: &RedisError) -> bool {
    let in_script = ["The user executing the script can't", "ACL failure in script"];
    error.code() == Some("NOPERM")
        || error.detail().is_some_and(|detail| in_script.iter().any(|words| detail.starts_with(words)))
}

/// Whether the error is about the value under one key, such as another program's, and not about Redis itself.
pub(super) fn is_of_one_key(error: &RedisError) -> bool {
    let of_value = |detail: &str| detail.contains("is not an integer") || detail.starts_with("user_script:");
    error.code() == Some("WRONGTYPE") || (error.code() == Some("ERR") && error.detail().is_some_and(of_value))
}

/// Redis' own words.
pub(super) fn reason_of(error: &RedisError) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}
