//! One Unix socket the server listens at: made for those who may connect, made again if it is removed, removed at the end.
//! Must not know what is served.

use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::{UnixListener, UnixSocket};

use super::backlog::BACKLOG;
use super::bind_error::BindError;

/// A Unix socket to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixListen {
    /// Its path.
    pub path: PathBuf,
    /// Its mode: who may connect.
    pub mode: u32,
    /// The group that owns it.
    pub group: Option<String>,
    /// Other paths, for a socket that is removed and cannot be made again at its own.
    pub alternatives: Vec<PathBuf>,
}

/// A bound Unix socket.
#[derive(Debug)]
pub(super) struct UnixDoor {
    listen: UnixListen,
    pub(super) listener: UnixListener,
    path: PathBuf,
    /// Device and inode: another file may get the name.
    identity: Option<(u64, u64)>,
    /// Whether the last try to make it again failed: that is logged once.
    has_failed: bool,
}

/// The result of a look at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoundAgain {
    /// It is where it was.
    NotNeeded,
    /// It was gone and is back.
    InPlace,
    /// It was gone and is at another path.
    Moved,
    /// It is gone, and cannot be made anywhere now.
    Failed,
}

impl UnixDoor {
    /// Binds the socket.
    pub(super) async fn bind(listen: &UnixListen) -> Result<Self, BindError> {
        let listener = bind_unix(listen).await?;
        let (path, identity) = (listen.path.clone(), identity(&listen.path));
        Ok(Self { listen: listen.clone(), listener, path, identity, has_failed: false })
    }

    /// The address, as clients write it.
    pub(super) fn address(&self) -> String {
        // A client may look from another folder.
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        format!("unix:{}", path.display())
    }

    /// Makes the socket again if it was removed or replaced, at its own path or at another one.
    pub(super) async fn restore(&mut self) -> BoundAgain {
        if identity(&self.path) == self.identity {
            return BoundAgain::NotNeeded;
        }
        let alternatives = self.listen.alternatives.iter().filter(|path| is_for_us_alone(path));
        let paths: Vec<PathBuf> = std::iter::once(&self.listen.path).chain(alternatives).cloned().collect();
        for path in paths {
            let listen = UnixListen { path: path.clone(), ..self.listen.clone() };
            match bind_again(&listen).await {
                Ok(listener) => {
                    let outcome = if path == self.path { BoundAgain::InPlace } else { BoundAgain::Moved };
                    tracing::warn!(was = %self.path.display(), is = %path.display(), "the socket was removed and is made again");
                    (self.listener, self.identity, self.has_failed) = (listener, identity(&path), false);
                    self.path = path;
                    return outcome;
                }
                Err(error) if !self.has_failed => {
                    tracing::warn!(%error, "the socket was removed and cannot be made again");
                }
                Err(_) => {}
            }
        }
        self.has_failed = true;
        BoundAgain::Failed
    }
}

impl Drop for UnixDoor {
    fn drop(&mut self) {
        // The next server finds no stale socket. It may be gone already, or be another server's.
        if self.identity.is_some() && identity(&self.path) == self.identity {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Whether the folder of a socket can be made, or is this user's and nobody else's already: others may have put it there first.
fn is_for_us_alone(socket: &Path) -> bool {
    let Some(folder) = socket.parent() else { return false };
    std::fs::symlink_metadata(folder).map_or(true, |found| {
        let others_may = found.mode() & 0o077;
        found.is_dir() && found.uid() == rustix::process::getuid().as_raw() && others_may == 0
    })
}

/// Binds a socket whose folder may be gone, too.
async fn bind_again(listen: &UnixListen) -> Result<UnixListener, BindError> {
    let failed = |error| BindError::Unix { path: listen.path.clone(), error };
    if let Some(folder) = listen.path.parent().filter(|folder| !folder.exists()) {
        std::fs::DirBuilder::new().mode(0o700).create(folder).map_err(failed)?;
    }
    bind_unix(listen).await
}

async fn bind_unix(unix: &UnixListen) -> Result<UnixListener, BindError> {
    let failed = |error| BindError::Unix { path: unix.path.clone(), error };
    clear_stale(&unix.path).await?;
    let listener = bind_private(&unix.path).map_err(failed)?;
    // The group first: the mode may let in the members of the former one.
    if let Some(name) = &unix.group {
        let group = uzers::get_group_by_name(name).ok_or_else(|| BindError::NoGroup { name: name.clone() })?;
        std::os::unix::fs::chown(&unix.path, None, Some(group.gid())).map_err(failed)?;
    }
    std::fs::set_permissions(&unix.path, std::fs::Permissions::from_mode(unix.mode)).map_err(failed)?;
    Ok(listener)
}

/// Binds a socket that only its owner can connect to. A socket listens as soon as it has a name, and the name gets its mode
/// from the process: a file that another thread makes in this moment is private, too.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let former = umask(Mode::RWXG | Mode::RWXO);
    let bound = UnixSocket::new_stream().and_then(|socket| socket.bind(path).and_then(|()| socket.listen(BACKLOG)));
    umask(former);
    bound
}

/// Removes a socket that a killed server left behind; nothing else is ever removed.
async fn clear_stale(path: &Path) -> Result<(), BindError> {
    let failed = |error| BindError::Unix { path: path.to_owned(), error };
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !found.file_type().is_socket() {
        return Err(BindError::NoSocket { path: path.to_owned() });
    }
    match tokio::net::UnixStream::connect(path).await {
        // A server listens, or has a full backlog.
        Ok(_) => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_its_owners_alone_until_it_has_the_mode_that_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let path = folder.path().join("s");
        let former = umask(Mode::empty());
        let bound = bind_private(&path);
        let restored = umask(former);
        assert!(bound.is_ok() && restored.is_empty(), "{restored:?}");
        assert_eq!(mode(&path) & 0o077, 0, "{:o}", mode(&path));
        let path = folder.path().join("open");
        let _bound = bind_unix(&UnixListen { path: path.clone(), mode: 0o666, group: None, alternatives: Vec::new() })
            .await
            .expect("bound");
        assert_eq!(mode(&path), 0o666);
    }

    #[tokio::test]
    async fn a_socket_that_is_removed_is_made_again_with_its_mode_or_at_another_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, open, other] = ["run/s", "open/s", "other/s"].map(|name| folder.path().join(name));
        for name in ["run", "open"] {
            std::fs::create_dir(folder.path().join(name)).expect("made");
        }
        std::fs::set_permissions(folder.path().join("open"), std::fs::Permissions::from_mode(0o777)).expect("opened");
        let alternatives = vec![open, other.clone()];
        let listen = UnixListen { path: path.clone(), mode: 0o666, group: None, alternatives };
        let mut door = UnixDoor::bind(&listen).await.expect("bound");
        assert_eq!(door.restore().await, BoundAgain::NotNeeded);
        for remove in [std::fs::remove_file, std::fs::remove_file] {
            remove(&path).expect("removed");
            assert_eq!(door.restore().await, BoundAgain::InPlace);
            assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o666);
            tokio::net::UnixStream::connect(&path).await.expect("it listens");
        }
        std::fs::remove_dir_all(folder.path().join("run")).expect("removed");
        std::fs::write(folder.path().join("run"), "").expect("taken by a file");
        assert_eq!(door.restore().await, BoundAgain::Moved);
        assert_eq!(door.address(), format!("unix:{}", other.display()));
        drop(door);
        assert!(!other.exists());
    }

    #[tokio::test]
    async fn a_socket_that_another_server_has_made_since_stays_when_this_one_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let listen = UnixListen { path: path.clone(), mode: 0o600, group: None, alternatives: Vec::new() };
        let door = UnixDoor::bind(&listen).await.expect("bound");
        std::fs::remove_file(&path).expect("removed");
        let _other = UnixListener::bind(&path).expect("bound");
        drop(door);
        assert!(path.exists());
    }
}
