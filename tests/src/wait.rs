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

/// Looks again and again until what is seen has not changed for a time; gives back what is seen then.
///
/// # Panics
/// At the limit, naming what did not come.
pub fn until_still<T: PartialEq>(what: &str, still: Duration, mut look: impl FnMut() -> T) -> T {
    let mut seen = look();
    let mut since = Instant::now();
    until(what, || {
        let now = look();
        if now != seen {
            seen = now;
            since = Instant::now();
        }
        (since.elapsed() >= still).then_some(())
    });
    seen
}
