//! A real redis-server for one test, with its own socket, port and folder. It ends with the test.

use std::net::TcpListener;
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

    /// Starts a server that also listens with this option at a free port: redis-server cannot report one that it picks
    /// itself. Returns the port.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start_with_port(option: &str, options: &[&str]) -> (Self, u16) {
        // Another process may take the port before redis-server does, which then ends.
        for _ in 0..20 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let folder = tempfile::tempdir().expect("a folder");
            let port = free.to_string();
            let options = [option, &port].iter().chain(options).map(ToString::to_string).collect();
            let mut redis = Self { folder, options, running: None };
            if redis.try_run() {
                return (redis, free);
            }
        }
        panic!("redis-server finds no free port");
    }

    fn run(&mut self) {
        assert!(self.try_run(), "redis-server ended; its options: {:?}", self.options);
    }

    /// Returns whether it runs; it ends at once if it cannot use its options.
    fn try_run(&mut self) -> bool {
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
        let running = self.running.insert(Running(child));
        let socket = self.folder.path().join("redis");
        until("redis-server", || {
            let has_ended = running.0.try_wait().expect("a child").is_some();
            (has_ended || std::os::unix::net::UnixStream::connect(&socket).is_ok()).then_some(!has_ended)
        })
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
