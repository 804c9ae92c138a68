//! Why the local server is not available. Must not know how it is found or started.

use std::path::PathBuf;

use super::paths::SocketFolderError;
use crate::text::io_reason;

/// Why the local server is not available.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A file of the local server cannot be used.
    #[error("cannot use {path}: {}", io_reason(.source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// There is no safe place for the socket.
    #[error(transparent)]
    SocketFolder(#[from] SocketFolderError),
    /// The program cannot be started again as a server.
    #[error("cannot start the local server: {}", io_reason(.0))]
    Spawn(std::io::Error),
    /// The server exited before it was ready.
    #[error("the local server did not start: {reason}\nIts log is {log}; `chat serve` runs it in the foreground")]
    Failed {
        /// Its own reason.
        reason: String,
        /// The log file.
        log: PathBuf,
    },
    /// Another client has been starting it for too long.
    #[error(
        "another command has been starting the local server for {seconds} s and holds {lock}; end that one, or try again"
    )]
    BeingStarted {
        /// The lock it holds.
        lock: PathBuf,
        /// How long this client has waited.
        seconds: u64,
    },
    /// Another user listens on the socket.
    #[error("the server at {socket} runs as another user (uid {uid}); not connecting")]
    NotOurs {
        /// The socket.
        socket: PathBuf,
        /// The user's id.
        uid: u32,
    },
    /// The data folder is shared with another machine, on which a server holds it.
    #[error(
        "the local server runs on another machine ({host}{pid}), which shares {data} with this one; use chat there, stop it \
         there with `chat local stop`, or name a server with --server"
    )]
    OnAnotherHost {
        /// The machine's name.
        host: String,
        /// Its process, as ` pid 12`; empty if unknown.
        pid: String,
        /// The shared folder.
        data: PathBuf,
    },
    /// A server holds the data folder, but cannot be connected to.
    #[error("a server ({holder}) uses {data}, but nobody answers {place}; `chat local stop --force` ends it")]
    NotListening {
        /// Its process.
        holder: String,
        /// The data folder.
        data: PathBuf,
        /// Where it should listen.
        place: String,
    },
    /// The server runs, but its data folder was removed or replaced under it.
    #[error(
        "the local server (pid {pid}) listens at {socket}, but its data folder {data} was removed or replaced: it takes no \
         messages any more; put the folder back, or end it with `chat local stop --force`"
    )]
    WithoutData {
        /// Its process id.
        pid: i32,
        /// Its socket.
        socket: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// The server did not stop.
    #[error("the local server (pid {pid}) did not stop within {seconds} s; `chat local stop --force` ends it at once")]
    StillRunning {
        /// Its process id.
        pid: i32,
        /// How long this client has waited.
        seconds: u64,
    },
    /// The process that holds the data folder cannot be ended from here.
    #[error("the server ({holder}) that uses {data} cannot be stopped from here; stop it where it was started")]
    OutOfReach {
        /// The process.
        holder: String,
        /// The data folder.
        data: PathBuf,
    },
}
