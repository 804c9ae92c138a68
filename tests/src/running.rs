//! A child process that never outlives its test.

use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::until;

/// A process that is ended when it is dropped.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("it runs");
    }

    /// Kills it (SIGKILL).
    pub fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }

    /// Terminates it (SIGTERM) and waits for its exit.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        until("its end", || self.0.try_wait().expect("a child"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
