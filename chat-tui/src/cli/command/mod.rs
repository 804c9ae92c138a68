//! The subcommands, one file each. Must not know the settings or the exit code.

mod account;
mod complete;
mod completions;
mod cursor_file;
mod delete;
mod dispatch;
mod doctor;
mod edit;
mod ephemeral_filter;
mod expiries;
mod followed_rooms;
mod help;
mod history;
mod item_filter;
#[cfg(feature = "local-server")]
mod local;
#[cfg(feature = "local-server")]
mod local_backup;
#[cfg(feature = "local-server")]
mod local_log;
mod man;
mod outbox;
mod page_back;
mod posting;
mod profile;
mod read;
mod room;
mod rooms;
mod rsvp;
mod run;
mod run_outcome;
mod send;
mod send_args;
mod send_stream;
#[cfg(feature = "local-server")]
mod serve;
mod status;
mod stream_lines;
mod tail;
mod text_input;
mod trending;
mod unread;
mod versions;
mod wait;
mod who;

pub(super) use dispatch::{ClientTask, Command, Task};
