//! Finds, starts and stops the background server. Two first clients at once end up at one server: the one that holds
//! the start lock starts it, and the other finds it running. Must not know what the server does.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::paths::LocalServer;

/// A server is ready or has failed within this time, even when it recovers from a crash.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The holder of the start lock is done within this time, a little longer than it takes to notice a failed start.
const LOCK_LIMIT: Duration = Duration::from_secs(35);
/// A server that was asked to stop does so within this time.
const STOP_LIMIT: Duration = Duration::from_secs(15);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Why the local server is not available.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A file of the local server cannot be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The program cannot be started again as a server.
    #[error("cannot start the local server: {0}")]
    Spawn(std::io::Error),
    /// The server exited before it was ready.
    #[error("the local server did not start: {reason}\nIts log is {log}; `chat serve` runs it in the foreground")]
    Failed {
        /// The last lines of its log.
        reason: String,
        /// The log file.
        log: PathBuf,
    },
    /// Another client has been starting it for too long.
    #[error("another command has been starting the local server for {} s and holds {lock}; end that one, or try again", LOCK_LIMIT.as_secs())]
    BeingStarted {
        /// The lock it holds.
        lock: PathBuf,
    },
    /// Another user listens on the socket.
    #[error("the server at {socket} runs as another user (uid {uid}); not connecting")]
    NotOurs {
        /// The socket.
        socket: PathBuf,
        /// The user's id.
        uid: u32,
    },
    /// The server did not stop.
    #[error("the local server (pid {pid}) did not stop within {} s", STOP_LIMIT.as_secs())]
    StillRunning {
        /// Its process id.
        pid: i32,
    },
}

/// A running local server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningServer {
    /// Its process id, if the system tells.
    pub pid: i32,
}

/// The result of `stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// The server ran and has exited.
    Stopped {
        /// Its process id.
        pid: i32,
    },
    /// No server was running.
    NotRunning,
}

/// Returns the running server, if one answers on the socket.
///
/// # Errors
/// [`LocalError::NotOurs`] if another user listens there.
pub fn find(server: &LocalServer) -> Result<Option<RunningServer>, LocalError> {
    // No socket, or one that nobody listens on: no server.
    let Ok(stream) = UnixStream::connect(&server.socket) else { return Ok(None) };
    let io = |source| LocalError::Io { path: server.socket.clone(), source };
    let peer = rustix::net::sockopt::socket_peercred(&stream).map_err(|error| io(error.into()))?;
    let uid = peer.uid.as_raw();
    if uid == rustix::process::getuid().as_raw() {
        Ok(Some(RunningServer { pid: peer.pid.as_raw_nonzero().get() }))
    } else {
        Err(LocalError::NotOurs { socket: server.socket.clone(), uid })
    }
}

/// Finds the server, or starts it and waits until it is ready.
///
/// # Errors
/// If it cannot be started, or another user listens on its socket.
pub fn ensure_running(server: &LocalServer) -> Result<RunningServer, LocalError> {
    if let Some(found) = find(server)? {
        return Ok(found);
    }
    let _lock = lock_start(server)?;
    // Another client may have started it while this one waited for the lock.
    if let Some(found) = find(server)? {
        return Ok(found);
    }
    match std::fs::remove_file(&server.socket) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(LocalError::Io { path: server.socket.clone(), source }),
    }
    let child = spawn(server)?;
    wait_ready(server, child)
}

/// Asks the server to stop and waits until it has.
///
/// # Errors
/// If it does not stop, or is not ours.
pub fn stop(server: &LocalServer) -> Result<StopOutcome, LocalError> {
    let Some(found) = find(server)? else { return Ok(StopOutcome::NotRunning) };
    let Some(pid) = Pid::from_raw(found.pid) else { return Ok(StopOutcome::NotRunning) };
    // An error means that it has just exited by itself.
    if rustix::process::kill_process(pid, Signal::TERM).is_err() {
        return Ok(StopOutcome::NotRunning);
    }
    let limit = Instant::now() + STOP_LIMIT;
    while rustix::process::test_kill_process(pid).is_ok() {
        if Instant::now() > limit {
            return Err(LocalError::StillRunning { pid: found.pid });
        }
        std::thread::sleep(POLL_EVERY);
    }
    Ok(StopOutcome::Stopped { pid: found.pid })
}

/// Takes the start lock; waits, but not for ever, while another client starts the server.
fn lock_start(server: &LocalServer) -> Result<File, LocalError> {
    let io = |source| LocalError::Io { path: server.start_lock.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&server.start_lock).map_err(io)?;
    let limit = Instant::now() + LOCK_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < limit => std::thread::sleep(POLL_EVERY),
            Err(TryLockError::WouldBlock) => return Err(LocalError::BeingStarted { lock: server.start_lock.clone() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
    }
}

fn spawn(server: &LocalServer) -> Result<Child, LocalError> {
    let log = open_log(&server.log)?;
    let program = std::env::current_exe().map_err(LocalError::Spawn)?;
    Command::new(program)
        .args(["local", "background"])
        .arg("--data")
        .arg(&server.data)
        .arg("--unix")
        .arg(&server.socket)
        // The child must hold no folder busy and take no input.
        .current_dir("/")
        .env_remove("CHAT_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(LocalError::Spawn)
}

/// Opens the log for appending. A log over 1 MiB is renamed and a new one begun.
fn open_log(path: &std::path::Path) -> Result<File, LocalError> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let open = || {
        if let Some(folder) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if std::fs::metadata(path).is_ok_and(|found| found.len() > 1024 * 1024) {
            std::fs::rename(path, path.with_extension("log.old"))?;
        }
        File::options().create(true).append(true).mode(0o600).open(path)
    };
    open().map_err(|source| LocalError::Io { path: path.to_owned(), source })
}

/// Reads the child's ready line; its exit without one means that it failed.
fn wait_ready(server: &LocalServer, mut child: Child) -> Result<RunningServer, LocalError> {
    let pipe = child.stdout.take().expect("invariant: the child was started with a pipe");
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(pipe.take(4096)).read_line(&mut line);
        // The receiver may have given up.
        let _ = sender.send(read.is_ok() && !line.is_empty());
    });
    if receiver.recv_timeout(START_LIMIT) == Ok(true) {
        // A long-lived client, such as the full-screen one, must reap the child; otherwise a zombie stays, and a client
        // that stops the server would wait for it.
        std::thread::spawn(move || child.wait());
        return find(server)?.ok_or_else(|| failed(server));
    }
    // It may hang, and nobody else knows of it yet.
    let _ = child.kill();
    let _ = child.wait();
    Err(failed(server))
}

fn failed(server: &LocalServer) -> LocalError {
    let text = std::fs::read_to_string(&server.log).unwrap_or_default();
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    let reason = last.into_iter().rev().collect::<Vec<_>>().join("\n");
    LocalError::Failed { reason, log: server.log.clone() }
}
