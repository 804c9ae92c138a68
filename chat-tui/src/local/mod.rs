//! The user's own server on this machine: found, started in the background, queried, backed up, stopped. As with tmux, the first
//! client starts it. The only module of the client that knows `chat_server`; must not know the screen.

mod background;
mod backup;
mod checks;
mod error;
mod paths;
mod running;
mod serve;
mod stop;

pub use background::ensure_running;
pub use backup::{CopiedData, LocalCopyError, back_up, restore};
pub use checks::{ServerCheck, ServerLevel, check_data, check_redis};
pub use error::LocalError;
pub use paths::{LocalServer, SYSTEM_SOCKET, SocketFolderError};
pub use running::{LocalState, RunningServer, find, named_address, state};
pub use serve::{
    BackgroundArgs, ConfigError, ServerArgs, in_one_line, run_in_background, run_in_foreground, without_empty_variables,
};
pub use stop::{StopOutcome, stop};
