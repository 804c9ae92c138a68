//! Suspends the program, as Ctrl+Z does elsewhere. Must not know what is drawn after it returns.

use rustix::process::{Signal, getpid, getsid, kill_current_process_group};

use super::guard;

/// Leaves the terminal and stops the whole process group; a parent like `cargo run` must stop too, or the shell would
/// wait for it. Returns when the shell continues the group. Returns `false` without stopping if the process leads its
/// session: it has no shell to return to.
pub fn suspend() -> bool {
    if getsid(None).is_ok_and(|leader| leader == getpid()) {
        return false;
    }
    guard::leave();
    kill_current_process_group(Signal::STOP).is_ok()
}
