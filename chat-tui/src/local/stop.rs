//! Stops the local server: asks it to end, and ends one that hangs if that is wanted. Must not know how it is started.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::error::LocalError;
use super::paths::LocalServer;
use super::running::{LocalState, state};

/// A server that was asked to stop does so within this time.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// One that may be killed has this time to stop by itself. Nothing that was acknowledged is lost.
const FORCE_AFTER: Duration = Duration::from_secs(5);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// The result of `stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// The server ran and has exited.
    Stopped {
        /// Its process id.
        pid: i32,
    },
    /// The server hung and was killed.
    Killed {
        /// Its process id.
        pid: i32,
    },
    /// No server was running.
    NotRunning,
}

/// Asks the server to stop and waits until it has; kills it if it does not and `is_forced`.
///
/// # Errors
/// If it does not stop, or is not ours.
pub fn stop(server: &LocalServer, is_forced: bool) -> Result<StopOutcome, LocalError> {
    let raw = match state(server)? {
        LocalState::Running(found) => found.pid,
        LocalState::Unreachable { pid: Some(pid), .. } => pid,
        LocalState::Unreachable { holder, pid: None, .. } => {
            return Err(LocalError::OutOfReach { holder, data: server.data.clone() });
        }
        LocalState::WithoutData(found) if is_forced => found.pid,
        LocalState::WithoutData(found) => return Err(found.without_data(server)),
        LocalState::NotRunning => return Ok(StopOutcome::NotRunning),
    };
    let Some(pid) = Pid::from_raw(raw) else { return Ok(StopOutcome::NotRunning) };
    // An error means that it has just exited by itself.
    if rustix::process::kill_process(pid, Signal::TERM).is_err() {
        return Ok(StopOutcome::NotRunning);
    }
    if has_ended(pid, if is_forced { FORCE_AFTER } else { STOP_LIMIT }) {
        return Ok(StopOutcome::Stopped { pid: raw });
    }
    let still_running = || LocalError::StillRunning { pid: raw, seconds: STOP_LIMIT.as_secs() };
    if !is_forced {
        return Err(still_running());
    }
    // As above.
    let _ = rustix::process::kill_process(pid, Signal::KILL);
    if has_ended(pid, STOP_LIMIT) { Ok(StopOutcome::Killed { pid: raw }) } else { Err(still_running()) }
}

/// Waits until the process has ended, but not longer than this.
fn has_ended(pid: Pid, limit: Duration) -> bool {
    let limit = Instant::now() + limit;
    while rustix::process::test_kill_process(pid).is_ok() {
        if Instant::now() > limit {
            return false;
        }
        std::thread::sleep(POLL_EVERY);
    }
    true
}
