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
        "{path} belongs to another user or is open to others, and there is no other place for the socket; set XDG_RUNTIME_DIR to a \
         folder of your own: mkdir -m 700 ~/.chat-run; export XDG_RUNTIME_DIR=~/.chat-run"
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
        let folder = runtime_folder(&format!("{short}.sock"), state)?;
        let socket = folder.join(format!("{short}.sock"));
        let start_lock = folder.join(format!("{short}.lock"));
        Ok(Self { data: data.to_owned(), socket, start_lock, log: state.join("local-server.log") })
    }

    /// Returns the address a client connects to.
    pub fn address(&self) -> String {
        format!("unix:{}", self.socket.display())
    }
}

/// Returns a folder only we can use: in the runtime folder, else the folder for temporary files, else `/tmp`, else among our
/// own files, where nobody can be first; one in which the socket's path is short enough.
fn runtime_folder(socket: &str, state: &Path) -> Result<PathBuf, SocketFolderError> {
    let base = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
    let uid = rustix::process::getuid().as_raw();
    let own = format!("chat-{uid}");
    let folders = base.filter(|base| base.is_dir()).map(|base| base.join("chat")).into_iter();
    let folders = folders.chain([std::env::temp_dir().join(&own), Path::new("/tmp").join(&own), state.join("run")]);
    let fits = |folder: &PathBuf| folder.join(socket).as_os_str().len() < SOCKET_PATH_MAX;
    let folders: Vec<_> = folders.filter(fits).collect();
    if folders.is_empty() {
        return Err(SocketFolderError::TooLong { path: Path::new("/tmp").join(&own) });
    }
    choose(&folders, socket, uid)
}

/// Returns the folder in which the socket is, else the first that can be ours.
fn choose(folders: &[PathBuf], socket: &str, uid: u32) -> Result<PathBuf, SocketFolderError> {
    // A server that was started while another folder could not be used is found again.
    let in_use = folders.iter().find(|folder| folder.join(socket).exists() && is_private(folder, uid).is_ok());
    if let Some(folder) = in_use {
        return Ok(folder.clone());
    }
    let mut refused = None;
    for folder in folders {
        match private_folder(folder, uid) {
            Ok(()) => return Ok(folder.clone()),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.expect("invariant: there is a folder to be tried"))
}

/// Creates `folder` for `uid` alone, or checks that it is so already.
fn private_folder(folder: &Path, uid: u32) -> Result<(), SocketFolderError> {
    let io = |source| SocketFolderError::Io { path: folder.to_owned(), source };
    // The folder for our own files may not be there yet.
    match std::fs::DirBuilder::new().mode(0o700).recursive(true).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    is_private(folder, uid)
}

/// Checks that `folder` is for `uid` alone.
fn is_private(folder: &Path, uid: u32) -> Result<(), SocketFolderError> {
    let io = |source| SocketFolderError::Io { path: folder.to_owned(), source };
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
    fn a_place_that_someone_else_took_first_is_passed_over_and_a_running_server_is_found_again() {
        let base = tempfile::tempdir().expect("a folder");
        let uid = rustix::process::getuid().as_raw();
        let (taken, own) = (base.path().join("chat-0"), base.path().join("state/run"));
        std::fs::create_dir(&taken).expect("made");
        std::fs::set_permissions(&taken, std::fs::Permissions::from_mode(0o777)).expect("opened");
        let folders = [taken.clone(), own.clone()];
        assert_eq!(choose(&folders, "s", uid).expect("another"), own);
        std::fs::write(own.join("s"), "").expect("a socket");
        std::fs::remove_dir(&taken).expect("given back");
        assert_eq!(choose(&folders, "s", uid).expect("the same"), own);
        std::fs::remove_file(own.join("s")).expect("stopped");
        assert_eq!(choose(&folders, "s", uid).expect("the first again"), taken);
        std::fs::remove_dir(&taken).expect("ours");
        std::fs::write(&taken, "").expect("a file");
        let refused = choose(&folders[..1], "s", uid).expect_err("a file").to_string();
        assert!(refused.contains("XDG_RUNTIME_DIR"), "{refused}");
    }

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
