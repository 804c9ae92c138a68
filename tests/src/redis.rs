//! A real redis-server for one test, with its own socket, port and folder. It ends with the test.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::running::Running;
use crate::wait::until;

/// A redis-server.
#[derive(Debug)]
pub struct Redis {
    /// Declared first, so that the process ends before its folder is removed.
    running: Option<Running>,
    folder: TempDir,
    options: Vec<String>,
}

impl Redis {
    /// Starts a server that writes nothing to disk.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with additional settings, such as `["--maxmemory", "2mb"]`.
    pub fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = options.iter().map(ToString::to_string).collect();
        let mut redis = Self { folder, options, running: None };
        redis.run();
        redis
    }

    fn run(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket())
            .args(&self.options)
            .current_dir(self.folder.path())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/run installs redis-server");
        self.running = Some(Running(child));
        until("redis-server", || std::os::unix::net::UnixStream::connect(self.socket()).ok());
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis")
    }

    /// Returns its address as the chat server expects it.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Runs a command with redis-cli and returns the reply.
    pub fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli").arg("-s").arg(self.socket()).args(words).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Returns all its keys.
    pub fn keys(&self) -> Vec<String> {
        self.ask(&["--scan"]).lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
    }

    /// Returns its memory use in bytes.
    pub fn memory(&self) -> u64 {
        let info = self.ask(&["INFO", "memory"]);
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("a line");
        line.trim().parse().expect("a number")
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    /// Kills the process (SIGKILL).
    pub fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
        // A killed server leaves its socket.
        let _ = std::fs::remove_file(self.socket());
    }

    /// Restarts it empty.
    pub fn restart(&mut self) {
        self.run();
    }

    /// Restarts it empty with other settings.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.options = options.iter().map(ToString::to_string).collect();
        self.run();
    }

    /// Suspends the process (SIGSTOP).
    pub fn freeze(&self) {
        self.running().signal(Signal::STOP);
    }

    /// Resumes the process.
    pub fn thaw(&self) {
        self.running().signal(Signal::CONT);
    }
}
