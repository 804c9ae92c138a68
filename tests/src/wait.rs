//! Waiting for a state, with a limit.

use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// How long a test waits for something that must come.
pub const LIMIT: Duration = Duration::from_mins(1);

/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `look` finds something.
///
/// # Panics
/// At the limit, naming what did not come; and in a runtime of one thread, whose tasks would stand still: there
/// [`eventually`] waits.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    assert!(!matches!(flavor, Ok(RuntimeFlavor::CurrentThread)), "waiting for {what} holds its own runtime up");
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

/// Looks again and again until `look` finds something, and leaves its thread to others meanwhile.
///
/// # Panics
/// At the limit, naming what did not come, also if a look itself takes so long.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "waiting for a frame holds its own runtime up")]
    async fn a_runtime_of_one_thread_is_not_held_up() {
        until("a frame", || Some(()));
    }

    #[tokio::test]
    async fn what_is_waited_for_comes_from_a_task_beside() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let task = tokio::spawn(async move { sender.send(7).await });
        assert_eq!(eventually("a number", async || receiver.try_recv().ok()).await, 7);
        task.await.expect("it ends").expect("it is heard");
    }
}
