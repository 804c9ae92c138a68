//! Signals that would end the process before a server handles them, or where an error is enough: SIGHUP during the start, and
//! SIGXFSZ at a limit for files, where a write fails as on a full disk. Must not know what is started.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGXFSZ};
use signal_hook::flag::register_conditional_default;

/// Signals that are held: they do nothing until they are released or handled.
#[derive(Debug)]
pub struct HeldSignals {
    are_released: Arc<AtomicBool>,
}

impl HeldSignals {
    /// Holds them from now on, also once this is dropped.
    ///
    /// # Errors
    /// If signals cannot be handled.
    pub fn hold() -> io::Result<Self> {
        let are_released = Arc::<AtomicBool>::default();
        for signal in [SIGHUP, SIGXFSZ] {
            register_conditional_default(signal, Arc::clone(&are_released))?;
        }
        Ok(Self { are_released })
    }

    /// Each ends the process again.
    pub fn release(self) {
        self.are_released.store(true, Ordering::SeqCst);
    }
}
