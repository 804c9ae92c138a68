//! Notices that nobody reads standard output any more, as after `chat tail -f | head -1`. Must not know what is printed.

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::oneshot;

/// Waits until the reader of standard output has gone away; for ever if there is none to go, as with a file.
pub(super) async fn reader_gone() {
    let (sender, gone) = oneshot::channel();
    // A thread of its own: it ends with the program, which does not wait for it.
    std::thread::spawn(move || {
        let stdout = std::io::stdout();
        // No event is asked for: only an error or a hang-up ends the wait.
        let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut polled, None) == Err(rustix::io::Errno::INTR) {}
        if polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            // The program may be ending by itself.
            let _ = sender.send(());
        }
    });
    if gone.await.is_err() {
        std::future::pending::<()>().await;
    }
}
