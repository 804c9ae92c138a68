//! This process's memory and open files, as the system reports them. Empty on systems without `/proc`. Must
//! not know the page.

/// The resources that this process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Resident memory in bytes.
    pub resident_bytes: Option<u64>,
    /// Open files: connections, the database, …
    pub open_files: Option<u64>,
    /// The limit on open files.
    pub open_files_max: Option<u64>,
}

/// Reads the figures. It lists a folder with an entry per open file: do not call it on a thread that serves others.
pub(super) fn read() -> Process {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident_kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
    Process {
        resident_bytes: resident_kib.and_then(|kib| Some(kib.parse::<u64>().ok()? * 1_024)),
        open_files: std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64),
        open_files_max: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_is_counted() {
        let before = read();
        let files: Vec<_> = (0..50).map(|_| std::fs::File::open("/proc/self/statm").expect("a file")).collect();
        let after = read();
        // Other tests open and close files, too.
        assert!(after.open_files >= before.open_files.map(|count| count + 20), "{before:?} {after:?} {}", files.len());
        assert!(after.resident_bytes > Some(1 << 20), "{after:?}");
    }
}
