//! The settings that connections obey. Must not know files, flags or their defaults.

use chat_proto::limits::Limits;

use super::account_limiter::PostRates;
use crate::room::RING_EVENTS;
use crate::trending::TrendingRules;

/// Who may register an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Everyone who reaches the server.
    Open,
    /// Everyone on this machine; the first account also from elsewhere, with the setup code.
    Loopback,
    /// Only the first account, with the setup code, and the users of a Unix socket.
    Code,
}

/// The settings that connections obey.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How often accounts may post; `None` switches every limit on rates and repeats off.
    pub rates: Option<PostRates>,
    /// The limits that are published and obeyed, but for the rates: those depend on the caller.
    pub limits: Limits,
    /// Days for which persistent messages are kept; `None` keeps them for ever.
    pub keep_days: Option<u32>,
    /// Events that a room keeps in memory.
    pub ring_events: usize,
    /// Which words trend.
    pub trending: TrendingRules,
    /// Who may register an account.
    pub registration: Registration,
    /// Whether the log names where connections come from.
    pub logs_peers: bool,
    /// Registers the first account where registration is not open; it ends once there is an account.
    pub setup_code: Option<String>,
}

/// The settings that change while the server runs.
#[derive(Clone, Copy, Debug)]
pub struct Adjustable {
    /// Who may register an account.
    pub registration: Registration,
    /// Whether the log names where connections come from.
    pub logs_peers: bool,
    /// Connections of one account; `None` does not limit them.
    pub connections_max: Option<u32>,
    /// The life of messages in new rooms that name none; `None` makes them persistent.
    pub default_ttl_ms: Option<u64>,
    /// Days for which persistent messages are kept; `None` keeps them for ever.
    pub keep_days: Option<u32>,
}

impl From<&ServerConfig> for Adjustable {
    fn from(config: &ServerConfig) -> Self {
        let Limits { connections_max, default_ttl_ms, .. } = config.limits;
        Self {
            registration: config.registration,
            logs_peers: config.logs_peers,
            connections_max,
            default_ttl_ms,
            keep_days: config.keep_days,
        }
    }
}

impl Default for ServerConfig {
    /// The protocol's limits, no rates, and registration closed.
    fn default() -> Self {
        Self {
            rates: None,
            limits: Limits::default(),
            keep_days: None,
            ring_events: RING_EVENTS,
            trending: TrendingRules::default(),
            registration: Registration::Code,
            logs_peers: false,
            setup_code: None,
        }
    }
}
