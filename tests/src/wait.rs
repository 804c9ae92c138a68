//! Waiting for a state, with a limit.

use std::time::{Duration, Instant};

/// How long a test waits for something that must come.
pub const LIMIT: Duration = Duration::from_mins(1);

/// Looks again and again until `look` finds something.
///
/// # Panics
/// At the limit, naming what did not come.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "{what} did not come within {} s", LIMIT.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
}
