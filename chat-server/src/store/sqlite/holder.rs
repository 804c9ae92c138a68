//! The process that holds a data folder, as its lock says: who it is, on which machine, and where it listens. Must not know
//! what is in the folder.
//!
//! The file has one fact a line: `pid 12`, `host ana-laptop`, `boot 3f2a…`, and, once the server takes connections, `at
//! unix:/run/user/1000/chat/s` for each address. It stays when the server ends; only the lock on it says that it is true.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The name of the file that says who holds the folder.
pub(super) const LOCK: &str = "lock";

/// A process that holds a data folder, or held it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process id on its machine.
    pub pid: Option<i32>,
    /// The name of its machine.
    pub host: Option<String>,
    /// The run of its machine's kernel, where the system tells.
    boot: Option<String>,
    /// Where it listens, as clients write it; none until it takes connections.
    pub addresses: Vec<String>,
}

impl Holder {
    /// This process, listening at `addresses`.
    pub(super) fn this_process(addresses: &[String]) -> Self {
        let pid = i32::try_from(std::process::id()).ok();
        Self { pid, host: Some(host_name()), boot: boot_id(), addresses: addresses.to_vec() }
    }

    /// Reads what a lock says; lines that are not whole or not known are passed over.
    pub(super) fn parse(text: &str) -> Self {
        let mut holder = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match line.split_once(' ') {
                Some(("pid", pid)) => holder.pid = pid.parse().ok(),
                Some(("host", host)) => holder.host = Some(host.to_owned()),
                Some(("boot", boot)) => holder.boot = Some(boot.to_owned()),
                Some(("at", address)) => holder.addresses.push(address.to_owned()),
                Some(_) | None => {}
            }
        }
        holder
    }

    /// The lock's text.
    pub(super) fn text(&self) -> String {
        let pid = self.pid.map(|pid| format!("pid {pid}\n"));
        let named = [("host", &self.host), ("boot", &self.boot)];
        let named = named.into_iter().filter_map(|(word, value)| Some(format!("{word} {}\n", value.as_ref()?)));
        let addresses = self.addresses.iter().map(|address| format!("at {address}\n"));
        pid.into_iter().chain(named).chain(addresses).collect()
    }

    /// Whether it runs on this machine. Machines may share a name, and one may change its name; so the run of the kernel
    /// decides where both are known.
    pub fn is_here(&self) -> bool {
        match (&self.boot, boot_id()) {
            (Some(theirs), Some(ours)) => *theirs == ours,
            (Some(_) | None, _) => self.host.as_ref().is_none_or(|host| *host == host_name()),
        }
    }

    /// Its Unix sockets.
    pub fn sockets(&self) -> impl Iterator<Item = PathBuf> {
        self.addresses.iter().filter_map(|address| address.strip_prefix("unix:")).map(PathBuf::from)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "pid {pid}")?,
            None => f.write_str("a process that does not say which")?,
        }
        match &self.host {
            Some(host) if !self.is_here() => write!(f, " on {host}"),
            Some(_) | None => Ok(()),
        }
    }
}

/// Returns what the lock of a data folder says, whether the process still lives or not; `None` if there is no lock.
pub fn last_holder(folder: &Path) -> Option<Holder> {
    std::fs::read_to_string(folder.join(LOCK)).ok().map(|text| Holder::parse(&text))
}

/// Returns the process that holds a data folder, if any. Briefly takes a free lock, shared; a server that starts in this
/// moment waits for it.
pub fn holder(folder: &Path) -> Option<Holder> {
    let is_held = |path: &Path| {
        let lock = File::open(path).map(|file| file.try_lock_shared());
        matches!(lock, Ok(Err(TryLockError::WouldBlock)))
    };
    // The folder itself is locked, too: the file may have been removed.
    (is_held(&folder.join(LOCK)) || is_held(folder)).then(|| last_holder(folder).unwrap_or_default())
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn boot_id() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written_and_a_line_that_is_not_whole_is_passed_over() {
        let addresses = ["unix:/run/a b/s".to_owned(), "ws://127.0.0.1:4000".to_owned()];
        let holder = Holder::this_process(&addresses);
        let text = holder.text();
        assert_eq!(Holder::parse(&text), holder);
        assert!(holder.is_here());
        assert_eq!(holder.to_string(), format!("pid {}", std::process::id()));
        assert_eq!(holder.sockets().collect::<Vec<_>>(), [PathBuf::from("/run/a b/s")]);
        let cut = Holder::parse(&text[..text.len() - 3]);
        assert_eq!(cut.addresses, addresses[..1]);
        assert_eq!(Holder::parse("").to_string(), "a process that does not say which");
    }

    #[test]
    fn a_process_of_another_machine_is_named_with_it() {
        let elsewhere = Holder::parse("pid 7\nhost attic\nboot 1-2-3\nat unix:/run/s\n");
        assert!(!elsewhere.is_here());
        assert_eq!(elsewhere.to_string(), "pid 7 on attic");
        assert!(!Holder::parse("pid 7\nhost attic\n").is_here());
        let renamed = Holder { host: Some("attic".into()), ..Holder::this_process(&[]) };
        assert!(renamed.is_here() || boot_id().is_none(), "a machine that changed its name is the same");
    }
}
