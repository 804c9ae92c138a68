//! The settings that connections obey. Must not know files, flags or their defaults.

use super::account_limiter::PostRates;

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
    /// How many connections one account may have.
    pub connections_per_account: usize,
    /// Who may register an account.
    pub registration: Registration,
    /// Registers the first account where registration is not open; it ends once there is an account.
    pub setup_code: Option<String>,
}
