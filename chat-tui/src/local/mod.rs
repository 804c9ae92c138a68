//! The user's own server on this machine: found, started in the background, queried, stopped. As with tmux, the first
//! client starts it. The only module of the client that knows `chat_server`; must not know the screen.

mod background;
mod paths;
mod redis;
mod serve;

pub use background::{LocalError, RunningServer, StopOutcome, ensure_running, find, stop};
pub use paths::{LocalServer, SYSTEM_SOCKET, SocketFolderError};
pub use redis::{ServerCheck, ServerLevel, check_redis};
pub use serve::{BackgroundArgs, ConfigError, ServerArgs, in_one_line, run_in_background, run_in_foreground};
