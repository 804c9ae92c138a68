//! `chat-server doctor`: checks the server's surroundings and says what to change. It changes nothing and may run
//! beside a server. Must not know rooms or connections.

mod check;
mod data;
mod listen_addresses;
mod redis_checks;
mod run;
mod running_clock;
mod unix_socket;

pub use check::{Check, Figure, Level};
pub use data::at as data_at;
pub(crate) use data::data_problems;
pub use redis_checks::at_url as redis_at;
pub use run::run;
