//! Back to the shell, as Ctrl+Z does elsewhere.

use rustix::process::{Signal, getpid, getsid, kill_current_process_group};

use super::guard;

/// Leaves the terminal and stops, with the whole process group: a parent such as `cargo run` must stop, too, or the
/// shell waits for it and not for us. Comes back when the shell continues us. Gives back whether it stopped: the
/// leader of a session has no shell to go back to.
pub fn suspend() -> bool {
    if getsid(None).is_ok_and(|leader| leader == getpid()) {
        return false;
    }
    guard::leave();
    kill_current_process_group(Signal::STOP).is_ok()
}
