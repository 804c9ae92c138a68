//! The location of the local server's data, start lock and log, and the places for its socket. Must not know whether it runs.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::text::short_digest;

use crate::text::io_reason;

/// The socket of a system service shared by the machine's users.
pub const SYSTEM_SOCKET: &str = "/run/chat/chat.sock";
/// Longest path of a Unix socket here, with its final NUL: 104 on macOS and the BSDs, 108 on Linux.
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 108 } else { 104 };

/// Why there is no safe place for the socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketFolderError {
    /// The folder cannot be created or inspected.
    #[error("cannot use {path} for the local server's socket: {}", io_reason(.source))]
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
    /// Its data folder. Its lock says where the server listens, so that everyone who uses this folder finds it.
    pub data: PathBuf,
    /// The lock held while a client starts it. It lies beside the data: clients with other runtime folders take the same one.
    pub start_lock: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// The folder for a socket that fits nowhere else.
    state: PathBuf,
}

impl LocalServer {
    /// Returns the paths for the server of `data`, with its log under `state`.
    pub fn of(data: &Path, state: &Path) -> Self {
        let start_lock = real(data).with_extension("start");
        Self { data: data.to_owned(), start_lock, log: state.join("local-server.log"), state: state.to_owned() }
    }

    /// Returns the paths for the socket of a server that is started now: the first is to be used, the others are for a
    /// socket whose folder vanishes, as the runtime folder does when the last session ends. Creates the first one's folder.
    ///
    /// # Errors
    /// If there is no safe folder.
    pub(super) fn sockets(&self) -> Result<Vec<PathBuf>, SocketFolderError> {
        let socket = format!("{}.sock", short_digest(real(&self.data).as_os_str().as_encoded_bytes(), 5));
        let uid = rustix::process::getuid().as_raw();
        let named = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
        let folders = folders([named, Some(format!("/run/user/{uid}").into())], uid, &self.state);
        let fits = |folder: &PathBuf| folder.join(&socket).as_os_str().len() < SOCKET_PATH_MAX;
        let folders: Vec<_> = folders.into_iter().filter(fits).collect();
        if folders.is_empty() {
            return Err(SocketFolderError::TooLong { path: Path::new("/tmp").join(format!("chat-{uid}")) });
        }
        let usable = usable_from(&folders, uid)?;
        Ok(usable.iter().map(|folder| folder.join(&socket)).collect())
    }
}

/// Resolves links: a link and its target are one data folder.
fn real(data: &Path) -> PathBuf {
    data.canonicalize().unwrap_or_else(|_| data.to_owned())
}

/// Returns the folders for a socket, best first: in the runtime folder, as it is named or, where nothing names it (cron, `ssh
/// host cmd`, a service), at its usual place, else in the folder for temporary files, else `/tmp`, else among our own files, where nobody can
/// be first.
fn folders(runtime: [Option<PathBuf>; 2], uid: u32, state: &Path) -> Vec<PathBuf> {
    let runtime = runtime.into_iter().flatten().filter(|base| base.is_dir()).map(|base| base.join("chat"));
    let own = format!("chat-{uid}");
    let others = [std::env::temp_dir().join(&own), Path::new("/tmp").join(&own), state.join("run")];
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in runtime.chain(others) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Returns the folders from the first on that can be ours, which is created.
fn usable_from(folders: &[PathBuf], uid: u32) -> Result<&[PathBuf], SocketFolderError> {
    let mut refused = None;
    for (index, folder) in folders.iter().enumerate() {
        match private_folder(folder, uid) {
            Ok(()) => return Ok(&folders[index..]),
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
    fn a_place_that_someone_else_took_first_is_passed_over() {
        let base = tempfile::tempdir().expect("a folder");
        let uid = rustix::process::getuid().as_raw();
        let (taken, own) = (base.path().join("chat-0"), base.path().join("state/run"));
        std::fs::create_dir(&taken).expect("made");
        std::fs::set_permissions(&taken, std::fs::Permissions::from_mode(0o777)).expect("opened");
        let folders = [taken.clone(), own.clone()];
        assert_eq!(usable_from(&folders, uid).expect("another"), [own]);
        std::fs::remove_dir(&taken).expect("given back");
        assert_eq!(usable_from(&folders, uid).expect("the first again"), folders);
        std::fs::remove_dir(&taken).expect("ours");
        std::fs::write(&taken, "").expect("a file");
        let refused = usable_from(&folders[..1], uid).expect_err("a file").to_string();
        assert!(refused.contains("XDG_RUNTIME_DIR"), "{refused}");
    }

    #[test]
    fn the_runtime_folder_is_taken_from_its_usual_place_where_nothing_names_it() {
        let base = tempfile::tempdir().expect("a folder");
        let [named, usual, state] = ["named", "usual", "state"].map(|name| base.path().join(name));
        for folder in [&named, &usual] {
            std::fs::create_dir(folder).expect("made");
        }
        let first = |named: Option<&PathBuf>| folders([named.cloned(), Some(usual.clone())], 7, &state)[0].clone();
        assert_eq!(first(Some(&named)), named.join("chat"));
        assert_eq!(first(None), usual.join("chat"));
        std::fs::remove_dir(&usual).expect("there");
        assert!(!first(None).starts_with(base.path()), "else it is for temporary files");
    }

    #[test]
    fn a_long_home_has_its_socket_elsewhere_and_its_start_lock_beside_its_data() {
        let base = tempfile::tempdir().expect("a folder");
        let home = base.path().join("x".repeat(150));
        let server = LocalServer::of(&home.join("data/server"), &home.join("state"));
        assert_eq!(server.start_lock, home.join("data/server.start"));
        let sockets = server.sockets().expect("a place");
        assert!(sockets.iter().all(|socket| socket.as_os_str().len() < SOCKET_PATH_MAX), "{sockets:?}");
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
