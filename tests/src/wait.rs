//! Waiting for a state, with a limit.

use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// How long a test waits for an expected condition.
pub const LIMIT: Duration = Duration::from_mins(1);

/// The interval between two checks.
const PAUSE: Duration = Duration::from_millis(20);

/// Calls `look` repeatedly until it returns a value.
///
/// # Panics
/// At the time limit, naming the missing condition; and in a single-threaded runtime, whose tasks it would block: use
/// [`eventually`] there.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    assert!(!matches!(flavor, Ok(RuntimeFlavor::CurrentThread)), "waiting for {what} blocks its own runtime");
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "{}", too_late(what));
        match flavor {
            Ok(_) => block_in_place(|| std::thread::sleep(PAUSE)),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Calls `look` repeatedly until it returns a value, and yields its thread in between.
///
/// # Panics
/// At the time limit, naming the missing condition, even if a single call takes that long.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looks = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LIMIT, looks).await.unwrap_or_else(|_| panic!("{}", too_late(what)))
}

fn too_late(what: &str) -> String {
    format!("{what} did not come within {} s", LIMIT.as_secs())
}

/// Calls `look` repeatedly until its value has stayed the same for a while, and returns that value.
///
/// # Panics
/// At the time limit, naming the missing condition.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "waiting for a frame blocks its own runtime")]
    async fn a_single_threaded_runtime_is_not_blocked() {
        until("a frame", || Some(()));
    }

    #[tokio::test]
    async fn a_concurrent_task_satisfies_the_wait() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let task = tokio::spawn(async move { sender.send(7).await });
        assert_eq!(eventually("a number", async || receiver.try_recv().ok()).await, 7);
        task.await.expect("it ends").expect("it is heard");
    }
}
