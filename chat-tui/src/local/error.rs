//! Why the local server is not available. Must not know how it is found or started.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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
        source: io::Error,
    },
    /// A file of the local server belongs to someone else.
    #[error(
        "cannot use {path}: it belongs to uid {owner}, as after `sudo chat`; give it back with \
         `sudo chown -R {own} {}`",
        .folder.display()
    )]
    OfAnother {
        /// The file, or the folder in which it is to be.
        path: PathBuf,
        /// The user it belongs to.
        owner: u32,
        /// The user's own id.
        own: u32,
        /// The folder that is to be the user's.
        folder: PathBuf,
    },
    /// There is no safe place for the socket.
    #[error(transparent)]
    SocketFolder(#[from] SocketFolderError),
    /// The program cannot be started again as a server.
    #[error("cannot start the local server: {}", io_reason(.0))]
    Spawn(io::Error),
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

impl LocalError {
    /// The error of a file that cannot be used; says whose it is if that is the reason.
    pub(super) fn of_file(path: &Path, source: io::Error) -> Self {
        let own = rustix::process::getuid().as_raw();
        let is_denied = source.kind() == io::ErrorKind::PermissionDenied;
        let owner_of = |there: &Path| std::fs::symlink_metadata(there).ok().map(|found| found.uid());
        match path.ancestors().find_map(|there| Some((there, owner_of(there)?))) {
            // Only below a folder of the user's own: nobody is to be given a folder of the system.
            Some((there, owner))
                if is_denied && owner != own && there.ancestors().any(|above| owner_of(above) == Some(own)) =>
            {
                let folder = there.parent().filter(|_| there.is_file()).unwrap_or(there).to_owned();
                Self::OfAnother { path: there.to_owned(), owner, own, folder }
            }
            Some(_) | None => Self::Io { path: path.to_owned(), source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_user_is_named_with_its_owner_and_the_way_to_get_it_back() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let own = rustix::process::getuid().as_raw();
        let of_system = LocalError::of_file(Path::new("/etc/chat/none"), denied()).to_string();
        assert!(!of_system.contains("chown"), "{of_system}");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("server.start");
        std::fs::write(&file, "").expect("written");
        let of_mine = LocalError::of_file(&file, denied()).to_string();
        assert!(!of_mine.contains("belongs to"), "{of_mine}");
        let other = rustix::fs::Uid::from_raw(own + 1);
        if rustix::fs::chown(&file, Some(other), None).is_ok() {
            let (shown, folder) = (file.display(), folder.path().display());
            let said = LocalError::of_file(&file, denied()).to_string();
            let back = format!("`sudo chown -R {own} {folder}`");
            assert!(said.starts_with(&format!("cannot use {shown}: it belongs to uid {}", own + 1)), "{said}");
            assert!(said.ends_with(&back), "{said}");
        }
    }
}
