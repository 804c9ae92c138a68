//! A real redis-server of a test's own: at its own socket and port, in its own folder; ends with the test.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::running::Running;
use crate::wait::until;

/// A redis-server.
#[derive(Debug)]
pub struct Redis {
    /// Stands first, so that it has ended before its folder goes.
    running: Option<Running>,
    folder: TempDir,
    options: Vec<String>,
}

impl Redis {
    /// Starts one that keeps nothing on disk.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more of its settings: `["--maxmemory", "2mb"]`.
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

    /// Its address as the server takes it.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Asks it something with redis-cli; its answer.
    pub fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli").arg("-s").arg(self.socket()).args(words).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// All keys it holds.
    pub fn keys(&self) -> Vec<String> {
        self.ask(&["--scan"]).lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
    }

    /// Bytes of memory it uses.
    pub fn memory(&self) -> u64 {
        let info = self.ask(&["INFO", "memory"]);
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("a line");
        line.trim().parse().expect("a number")
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    /// Ends it as a power switch would end its process.
    pub fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
        // What a killed one leaves.
        let _ = std::fs::remove_file(self.socket());
    }

    /// Starts it again, empty.
    pub fn restart(&mut self) {
        self.run();
    }

    /// Starts it again, empty, with other settings.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.options = options.iter().map(ToString::to_string).collect();
        self.run();
    }

    /// Stops it in the middle of whatever it does.
    pub fn freeze(&self) {
        self.running().signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.running().signal(Signal::CONT);
    }
}
