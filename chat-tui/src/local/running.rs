//! Finds the running server through the lock of its data folder, which names its sockets: whatever a client's environment
//! says, it finds the same one. Must not start or stop anything.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use chat_server::store::sqlite::{Holder, holder, last_holder};

use super::error::LocalError;
use super::paths::LocalServer;

/// A running local server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningServer {
    /// Its process id.
    pub pid: i32,
    /// Its socket.
    pub socket: PathBuf,
}

impl RunningServer {
    /// Returns the address a client connects to.
    pub fn address(&self) -> String {
        format!("unix:{}", self.socket.display())
    }

    /// The error of one that has lost its data folder.
    pub(super) fn without_data(self, server: &LocalServer) -> LocalError {
        LocalError::WithoutData { pid: self.pid, socket: self.socket, data: server.data.clone() }
    }
}

/// The state of the local server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalState {
    /// It takes connections.
    Running(RunningServer),
    /// It holds its data, but nobody can connect to it: it starts, stops, or hangs.
    Unreachable {
        /// Its process, for people.
        holder: String,
        /// Its process id, if that is known to be its own.
        pid: Option<i32>,
        /// The socket it should have, if it has named one.
        socket: Option<PathBuf>,
    },
    /// It takes connections, but the data folder is not the one it opened: that one was removed or replaced.
    WithoutData(RunningServer),
    /// It does not run.
    NotRunning,
}

/// Returns the running server, if one takes connections.
///
/// # Errors
/// [`LocalError::NotOurs`] if another user listens there, [`LocalError::OnAnotherHost`] if it runs on another machine.
pub fn find(server: &LocalServer) -> Result<Option<RunningServer>, LocalError> {
    let Some(last) = last_holder(&server.data) else { return Ok(None) };
    if !last.is_here() {
        // A lock that nobody holds tells of the past.
        return if holder(&server.data).is_some() { Err(on_another_host(server, &last)) } else { Ok(None) };
    }
    for socket in last.sockets() {
        if let Some(found) = connect(&socket)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the state of the server, also of one that cannot be connected to.
///
/// # Errors
/// As [`find`].
pub fn state(server: &LocalServer) -> Result<LocalState, LocalError> {
    if let Some(running) = find(server)? {
        return Ok(LocalState::Running(running));
    }
    let Some(found) = holder(&server.data) else {
        return Ok(without_data(server)?.map_or(LocalState::NotRunning, LocalState::WithoutData));
    };
    let pid = found.pid.filter(|pid| found.is_here() && holds(*pid, &server.data));
    Ok(LocalState::Unreachable { holder: found.to_string(), pid, socket: found.sockets().next() })
}

/// Returns the server of this data folder that lost it: it still listens where a server of the folder does, and the lock that it
/// holds is gone.
fn without_data(server: &LocalServer) -> Result<Option<RunningServer>, LocalError> {
    // Where there is no place for a socket, nobody listens.
    for socket in server.sockets().unwrap_or_default() {
        if let Some(found) = connect(&socket)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the address that the lock names, whether somebody listens there or not.
pub fn named_address(server: &LocalServer) -> Option<String> {
    let last = last_holder(&server.data).filter(Holder::is_here)?;
    last.addresses.into_iter().find(|address| address.starts_with("unix:"))
}

fn connect(socket: &Path) -> Result<Option<RunningServer>, LocalError> {
    // No socket, or one that nobody listens on: no server.
    let Ok(stream) = UnixStream::connect(socket) else { return Ok(None) };
    let io = |source| LocalError::Io { path: socket.to_owned(), source };
    let peer = rustix::net::sockopt::socket_peercred(&stream).map_err(|error| io(error.into()))?;
    let uid = peer.uid.as_raw();
    if uid == rustix::process::getuid().as_raw() {
        Ok(Some(RunningServer { pid: peer.pid.as_raw_nonzero().get(), socket: socket.to_owned() }))
    } else {
        Err(LocalError::NotOurs { socket: socket.to_owned(), uid })
    }
}

fn on_another_host(server: &LocalServer, last: &Holder) -> LocalError {
    LocalError::OnAnotherHost {
        host: last.host.clone().unwrap_or_else(|| "it does not say which".to_owned()),
        pid: last.pid.map_or_else(String::new, |pid| format!(", pid {pid}")),
        data: server.data.clone(),
    }
}

/// Whether this process has the lock of the data folder open. The number alone may be another process's: of a container that
/// shares the folder, or of one that got it later.
fn holds(pid: i32, data: &Path) -> bool {
    let Ok(lock) = std::fs::metadata(data.join("lock")) else { return false };
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        // Systems without /proc cannot tell.
        return !Path::new("/proc/self/fd").exists();
    };
    let is_lock =
        |path: &Path| std::fs::metadata(path).is_ok_and(|it| (it.dev(), it.ino()) == (lock.dev(), lock.ino()));
    files.filter_map(Result::ok).any(|file| is_lock(&file.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(text: &str) -> (tempfile::TempDir, LocalServer, std::fs::File) {
        let home = tempfile::tempdir().expect("a folder");
        let server = LocalServer::of(&home.path().join("server"), home.path());
        std::fs::create_dir(&server.data).expect("made");
        std::fs::write(server.data.join("lock"), text).expect("written");
        let lock = std::fs::File::open(server.data.join("lock")).expect("there");
        lock.try_lock().expect("free");
        (home, server, lock)
    }

    #[test]
    fn a_server_of_another_machine_is_named_and_not_followed_while_it_holds_the_data() {
        let (_home, server, lock) = locked("pid 1\nhost attic\nboot other\nat unix:/run/s\n");
        let refused = find(&server).expect_err("it runs elsewhere").to_string();
        assert!(refused.contains("attic") && refused.contains("pid 1"), "{refused}");
        assert_eq!(named_address(&server), None);
        drop(lock);
        assert_eq!(find(&server).expect("it has ended"), None);
        assert_eq!(state(&server).expect("it has ended"), LocalState::NotRunning);
    }

    #[test]
    fn a_server_that_lost_its_data_folder_is_found_at_its_socket() {
        let home = tempfile::tempdir().expect("a folder");
        let server = LocalServer::of(&home.path().join("server"), home.path());
        assert_eq!(state(&server).expect("looked"), LocalState::NotRunning);
        let socket = server.sockets().expect("a place").swap_remove(0);
        let listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
        let running = RunningServer { pid: std::process::id() as i32, socket: socket.clone() };
        assert_eq!(state(&server).expect("looked"), LocalState::WithoutData(running));
        drop(listener);
        assert_eq!(state(&server).expect("looked"), LocalState::NotRunning);
        std::fs::remove_file(socket).expect("removed");
    }

    #[test]
    fn a_holder_that_nobody_can_connect_to_is_no_running_server_and_its_number_is_checked() {
        let own = std::process::id();
        let (_home, server, _lock) = locked(&format!("pid {own}\nat unix:/nonexistent/s\n"));
        assert_eq!(find(&server).expect("looked"), None);
        let socket = Some(PathBuf::from("/nonexistent/s"));
        let unreachable = |pid| LocalState::Unreachable { holder: format!("pid {own}"), pid, socket: socket.clone() };
        assert_eq!(state(&server).expect("looked"), unreachable(Some(own as i32)));
        std::fs::write(server.data.join("lock"), "pid 1\nat unix:/nonexistent/s\n").expect("written");
        let LocalState::Unreachable { pid, .. } = state(&server).expect("looked") else { panic!("it is held") };
        assert_eq!(pid, None, "process 1 does not hold this lock");
    }
}
