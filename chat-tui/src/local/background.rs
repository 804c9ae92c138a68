//! Starts the local server in the background. Two first clients at once end up at one server: the one that holds the start
//! lock starts it, and the other finds it running. Must not know what the server does.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::error::LocalError;
use super::paths::LocalServer;
use super::running::{LocalState, RunningServer, find, state};

/// A server is ready or has failed within this time, even when it recovers from a crash.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A server that holds the data takes connections or has ended within this time: it is just starting, stopping, or makes its
/// removed socket again.
const LISTEN_LIMIT: Duration = Duration::from_secs(16);
/// A server that has given its data back has closed its socket within this time.
const END_LIMIT: Duration = Duration::from_secs(2);
/// The holder of the start lock is done within this time, a little longer than it takes to notice a failed start.
const LOCK_LIMIT: Duration = Duration::from_secs(50);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Finds the server, or starts it and waits until it is ready.
///
/// # Errors
/// If it cannot be started or connected to, or is not ours.
pub fn ensure_running(server: &LocalServer) -> Result<RunningServer, LocalError> {
    if let Some(found) = find(server)? {
        return Ok(found);
    }
    let _lock = lock_start(server)?;
    // Another client may have started it while this one waited for the lock; or somebody runs it without that lock.
    if let Some(found) = listening_or_gone(server)? {
        return Ok(found);
    }
    let sockets = server.sockets()?;
    let child = spawn(server, &sockets)?;
    wait_ready(server, child)
}

/// Waits until the server takes connections or has ended; `None` if there is none.
fn listening_or_gone(server: &LocalServer) -> Result<Option<RunningServer>, LocalError> {
    let limit = Instant::now() + LISTEN_LIMIT;
    let data_limit = Instant::now() + END_LIMIT;
    loop {
        match state(server)? {
            LocalState::Running(found) => return Ok(Some(found)),
            LocalState::NotRunning => return Ok(None),
            // One that is just ending has given its data back before it closes its socket.
            LocalState::WithoutData(_) if Instant::now() < data_limit => std::thread::sleep(POLL_EVERY),
            LocalState::WithoutData(found) => return Err(found.without_data(server)),
            LocalState::Unreachable { .. } if Instant::now() < limit => std::thread::sleep(POLL_EVERY),
            LocalState::Unreachable { holder, socket, .. } => {
                let place =
                    socket.map_or_else(|| "on a Unix socket".to_owned(), |path| format!("at {}", path.display()));
                return Err(LocalError::NotListening { holder, data: server.data.clone(), place });
            }
        }
    }
}

/// Takes the start lock; waits, but not for ever, while another client starts the server.
fn lock_start(server: &LocalServer) -> Result<File, LocalError> {
    use std::os::unix::fs::DirBuilderExt;
    let io = |source| LocalError::of_file(&server.start_lock, source);
    if let Some(folder) = server.start_lock.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(&server.start_lock).map_err(io)?;
    let limit = Instant::now() + LOCK_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < limit => std::thread::sleep(POLL_EVERY),
            Err(TryLockError::WouldBlock) => {
                let (lock, seconds) = (server.start_lock.clone(), LOCK_LIMIT.as_secs());
                return Err(LocalError::BeingStarted { lock, seconds });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
    }
}

fn spawn(server: &LocalServer, sockets: &[PathBuf]) -> Result<Child, LocalError> {
    let log = open_log(&server.log)?;
    let program = std::env::current_exe().map_err(LocalError::Spawn)?;
    let mut command = Command::new(program);
    command.args(["local", "background", "--data"]).arg(&server.data);
    for socket in sockets {
        command.arg("--unix").arg(socket);
    }
    // The child must hold no folder busy and take no input.
    command
        .current_dir("/")
        .env_remove("CHAT_TOKEN")
        // It is no part of the service that a job of ours may run in.
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(LocalError::Spawn)
}

/// Opens the log for appending. A log over 1 MiB is renamed and a new one begun.
fn open_log(path: &Path) -> Result<File, LocalError> {
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
    open().map_err(|source| LocalError::of_file(path, source))
}

/// Waits for the child's line: `ready …`, or the reason it cannot run.
fn wait_ready(server: &LocalServer, mut child: Child) -> Result<RunningServer, LocalError> {
    let pipe = child.stdout.take().expect("invariant: the child was started with a pipe");
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // What was read counts; the receiver may have given up.
        let _ = BufReader::new(pipe.take(4096)).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = receiver.recv_timeout(START_LIMIT).unwrap_or_default();
    if line.starts_with("ready ") {
        // A long-lived client, such as the full-screen one, must reap the child; otherwise a zombie stays, and a client
        // that stops the server would wait for it.
        std::thread::spawn(move || child.wait());
        return find(server)?.ok_or_else(|| failed(server, "it ended at once"));
    }
    // It may hang, and nobody else knows of it yet.
    let _ = child.kill();
    let _ = child.wait();
    Err(failed(server, &line))
}

fn failed(server: &LocalServer, reason: &str) -> LocalError {
    let reason = match reason.trim() {
        "" => format!("it was not ready within {} s", START_LIMIT.as_secs()),
        reason => reason.to_owned(),
    };
    LocalError::Failed { reason, log: server.log.clone() }
}
