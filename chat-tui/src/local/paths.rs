//! The location of the local server's socket, lock and log. Must not know whether it runs.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The socket of a system service shared by the machine's users.
pub const SYSTEM_SOCKET: &str = "/run/chat/chat.sock";
/// Longest path of a Unix socket here, with its final NUL: 104 on macOS and the BSDs, 108 on Linux.
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 108 } else { 104 };

/// Why there is no safe place for the socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketFolderError {
    /// The folder cannot be created or inspected.
    #[error("cannot use {path} for the local server's socket: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder belongs to someone else, or others may write to it.
    #[error(
        "{path} belongs to another user or is open to others; remove it, or set XDG_RUNTIME_DIR to a folder of your own"
    )]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// The path is too long for a socket address.
    #[error(
        "the socket's path {path} is longer than this system allows ({SOCKET_PATH_MAX} bytes); set XDG_RUNTIME_DIR to a shorter folder"
    )]
    TooLong {
        /// The path.
        path: PathBuf,
    },
}

/// The local server of one data folder.
#[derive(Clone, Debug)]
pub struct LocalServer {
    /// Its data folder.
    pub data: PathBuf,
    /// Its socket.
    pub socket: PathBuf,
    /// The lock held while a client starts it.
    pub start_lock: PathBuf,
    /// Its log.
    pub log: PathBuf,
}

impl LocalServer {
    /// Returns the paths for the server of `data`, with its log under `state`. Creates the socket's folder.
    ///
    /// # Errors
    /// If there is no safe folder.
    pub fn of(data: &Path, state: &Path) -> Result<Self, SocketFolderError> {
        // Resolve links: a link and its target are one data folder.
        let real = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        let digest = Sha256::digest(real.as_os_str().as_encoded_bytes());
        let short: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        let folder = runtime_folder(&format!("{short}.sock"))?;
        let socket = folder.join(format!("{short}.sock"));
        let start_lock = folder.join(format!("{short}.lock"));
        Ok(Self { data: data.to_owned(), socket, start_lock, log: state.join("local-server.log") })
    }

    /// Returns the address a client connects to.
    pub fn address(&self) -> String {
        format!("unix:{}", self.socket.display())
    }
}

/// Returns a folder only we can use: in the runtime folder, else the folder for temporary files, else `/tmp`; the first
/// in which the socket's path is short enough.
fn runtime_folder(socket: &str) -> Result<PathBuf, SocketFolderError> {
    let base = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
    let uid = rustix::process::getuid().as_raw();
    let own = format!("chat-{uid}");
    let folders = base.filter(|base| base.is_dir()).map(|base| base.join("chat")).into_iter();
    let mut folders = folders.chain([std::env::temp_dir().join(&own), Path::new("/tmp").join(&own)]);
    let fits = |folder: &PathBuf| folder.join(socket).as_os_str().len() < SOCKET_PATH_MAX;
    let folder = folders.find(fits).ok_or_else(|| SocketFolderError::TooLong { path: Path::new("/tmp").join(&own) })?;
    private_folder(&folder, uid)?;
    Ok(folder)
}

/// Creates `folder` for `uid` alone, or checks that it is so already.
fn private_folder(folder: &Path, uid: u32) -> Result<(), SocketFolderError> {
    let io = |source| SocketFolderError::Io { path: folder.to_owned(), source };
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    // Not through a link: someone else may have put one there under /tmp.
    let found = std::fs::symlink_metadata(folder).map_err(io)?;
    let others_may = found.mode() & 0o077;
    if found.is_dir() && found.uid() == uid && others_may == 0 {
        Ok(())
    } else {
        Err(SocketFolderError::NotOurs { path: folder.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_folder_of_others_or_behind_a_link_is_refused() {
        let base = tempfile::tempdir().expect("a folder");
        let uid = rustix::process::getuid().as_raw();
        let ours = base.path().join("ours");
        private_folder(&ours, uid).expect("made");
        private_folder(&ours, uid).expect("again");
        assert!(matches!(private_folder(&ours, uid + 1), Err(SocketFolderError::NotOurs { .. })));
        symlink(&ours, base.path().join("link")).expect("a link");
        assert!(matches!(private_folder(&base.path().join("link"), uid), Err(SocketFolderError::NotOurs { .. })));
        std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o755)).expect("opened");
        assert!(matches!(private_folder(&ours, uid), Err(SocketFolderError::NotOurs { .. })));
    }
}
