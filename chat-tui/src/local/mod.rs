//! The server of one's own on this machine: found, started in the background, asked, stopped. Like tmux, the first
//! client starts it. The one place of the client that knows `chat_server`.

mod background;
mod paths;
mod redis;
mod serve;

pub use background::{LocalError, RunningServer, StopOutcome, ensure_running, find, stop};
pub use paths::{LocalServer, SYSTEM_SOCKET, SocketFolderError};
pub use redis::{ServerCheck, ServerLevel, check_redis};
pub use serve::{BackgroundArgs, run_in_background, run_in_foreground};
