//! The signals that ask a program to end, with their origin. Must not know how they are handled.

use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Handle, SignalsInfo};
use signal_hook::low_level::siginfo::Cause;
use tokio::sync::mpsc;

use super::exit::CliError;

/// A received signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceivedSignal {
    /// The signal.
    pub signal: Signal,
    /// Whether the terminal sent it, to its whole foreground group; otherwise a program sent it to us.
    pub is_from_terminal: bool,
}

/// Listens until it is dropped.
pub(super) struct Signals {
    received: mpsc::Receiver<ReceivedSignal>,
    handle: Handle,
}

impl Signals {
    /// Listens for the signals that ask a program to end, except those our parent had us ignore (`nohup`).
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> Result<Self, CliError> {
        let ignored = ignored();
        let wanted = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let mut signals = SignalsInfo::<WithOrigin>::new(wanted)?;
        let handle = signals.handle();
        let (sender, received) = mpsc::channel(16);
        std::thread::spawn(move || {
            for origin in signals.forever() {
                let Some(signal) = Signal::from_named_raw(origin.signal) else { continue };
                let is_from_terminal = matches!(origin.cause, Cause::Kernel);
                // A full queue already holds the same signals.
                let _ = sender.try_send(ReceivedSignal { signal, is_from_terminal });
            }
        });
        Ok(Self { received, handle })
    }

    /// Returns the next signal. Cancel-safe: none is lost.
    pub async fn next(&mut self) -> ReceivedSignal {
        match self.received.recv().await {
            Some(received) => received,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Returns the signals this program was started to ignore, one bit each from 1; none if the system does not say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
