//! The user's own server on this machine: found, started in the background, queried, backed up, stopped. As with tmux, the first
//! client starts it. The only module of the client that knows `chat_server`; must not know the screen.

mod background;
mod backup;
mod checks;
mod paths;
mod serve;

pub use background::{LocalError, RunningServer, StopOutcome, ensure_running, find, stop};
pub use backup::{CopiedData, LocalCopyError, back_up, restore};
pub use checks::{ServerCheck, ServerLevel, check_data, check_redis};
pub use paths::{LocalServer, SYSTEM_SOCKET, SocketFolderError};
pub use serve::{BackgroundArgs, ConfigError, ServerArgs, in_one_line, run_in_background, run_in_foreground};
