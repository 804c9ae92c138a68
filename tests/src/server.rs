//! A real server with a data folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{ChildStdout, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::program;
use crate::running::Running;

/// A server that is ended when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Declared first, so that the process ends before its folder is removed.
    running: Option<Running>,
    folder: TempDir,
    /// The command that wraps the program, if any.
    wrapper: Vec<String>,
    variables: Vec<(String, String)>,
    options: Vec<String>,
    output: Option<BufReader<ChildStdout>>,
    address: SocketAddr,
    ready_line: String,
}

impl Server {
    /// Starts a server without rate limits.
    pub fn start() -> Self {
        Self::start_with(&[], "[limits]\nenabled = false\n")
    }

    /// Starts a server with additional flags and these settings.
    pub fn start_with(flags: &[&str], settings: &str) -> Self {
        let mut server = Self::prepared(flags, settings);
        server.run();
        server
    }

    fn prepared(flags: &[&str], settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("server.toml"), settings).expect("written");
        let options = flags.iter().map(ToString::to_string).collect();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            folder,
            wrapper: Vec::new(),
            variables: Vec::new(),
            options,
            running: None,
            output: None,
            address,
            ready_line: String::new(),
        }
    }

    /// Starts a server with additional flags, settings and environment variables.
    pub fn start_with_variables(flags: &[&str], settings: &str, variables: &[(&str, &str)]) -> Self {
        let mut server = Self::prepared(flags, settings);
        server.variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        server.run();
        server
    }

    /// Starts a server whose data folder is a private file system of this size.
    pub fn start_on_small_disk(mebibytes: u32) -> Self {
        Self::start_on_small_disk_with(mebibytes, &[])
    }

    /// Like [`Self::start_on_small_disk`], with additional flags.
    pub fn start_on_small_disk_with(mebibytes: u32, flags: &[&str]) -> Self {
        let mut server = Self::prepared(flags, "[limits]\nenabled = false\n");
        std::fs::create_dir(server.data()).expect("a folder");
        let mount = format!("mount -t tmpfs -o size={mebibytes}m tmpfs '{}' && exec \"$@\"", server.data().display());
        server.wrapper = ["unshare", "-rm", "sh", "-c", &mount, "sh"].map(str::to_owned).to_vec();
        server.run();
        server
    }

    /// Returns its data folder as the server sees it.
    pub fn data_inside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid()));
        root.join(self.data().strip_prefix("/").expect("an absolute path"))
    }

    /// Starts a server whose clock can be set with [`Self::set_clock`].
    pub fn start_with_a_clock_of_its_own() -> Self {
        let mut server = Self::prepared(&[], "[limits]\nenabled = false\n");
        let folders = std::fs::read_dir("/usr/lib").expect("a folder").filter_map(Result::ok);
        let library =
            folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
        let library = library.expect("tests/run installs faketime");
        server.set_clock("+0");
        server.variables = [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", server.clock_path().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        server.run();
        server
    }

    fn clock_path(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Moves the system time that the server sees forward or back: `+1h`, `-1h`.
    pub fn set_clock(&self, offset: &str) {
        std::fs::write(self.clock_path(), format!("{offset}\n")).expect("written");
    }

    /// Starts a server on these data files.
    pub fn start_on(files: &std::collections::BTreeMap<String, Vec<u8>>) -> Self {
        Self::start_on_with(files, &[])
    }

    /// Like [`Self::start_on`], with additional flags.
    pub fn start_on_with(files: &std::collections::BTreeMap<String, Vec<u8>>, flags: &[&str]) -> Self {
        let mut server = Self::start_with(flags, "[limits]\nenabled = false\n");
        server.put_back(files);
        server
    }

    /// Returns the files of its data folder as they are now, as a plain copy of the folder has them.
    pub fn copy(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let files = std::fs::read_dir(self.data()).expect("a folder").map(|file| file.expect("a file"));
        files
            .map(|file| (file.file_name().into_string().expect("a name"), std::fs::read(file.path()).expect("read")))
            .collect()
    }

    /// Kills it, puts a copy of its data back, and starts it on that.
    pub fn put_back(&mut self, copy: &std::collections::BTreeMap<String, Vec<u8>>) {
        self.kill();
        std::fs::remove_dir_all(self.data()).expect("its own folder");
        std::fs::create_dir(self.data()).expect("a folder");
        for (name, content) in copy {
            std::fs::write(self.data().join(name), content).expect("written");
        }
        self.run();
    }

    fn run(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_path()).expect("a log");
        let program = program::path("chat-server");
        let mut words = self.wrapper.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
        let child = Command::new(words.next().expect("a program"))
            .args(words)
            .args(["--listen", "127.0.0.1:0", "--unix"])
            .arg(self.socket())
            .arg("--data")
            .arg(self.data())
            .arg("--config")
            .arg(self.folder.path().join("server.toml"))
            .args(&self.options)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let output = self.running.insert(Running(child)).0.stdout.take().expect("piped");
        let mut line = String::new();
        let mut output = BufReader::new(output);
        output.read_line(&mut line).expect("readable");
        self.output = Some(output);
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("ws://")?.parse().ok());
        self.address = address.unwrap_or_else(|| panic!("no ready line but {line:?}; the log:\n{}", self.log()));
        line.trim_end().clone_into(&mut self.ready_line);
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the line it printed when it was ready.
    pub fn ready_line(&self) -> &str {
        &self.ready_line
    }

    /// Returns the next line it prints.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.as_mut().expect("it runs").read_line(&mut line).expect("readable");
        line.trim_end().to_owned()
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Returns its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("it runs").pid()
    }

    /// Returns its page of metrics.
    pub fn metrics(&self) -> String {
        let mut stream = UnixStream::connect(self.socket()).expect("it listens");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// Its resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    /// Kills the process (SIGKILL).
    pub fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
    }

    /// Terminates it (SIGTERM) and waits for its exit.
    pub fn terminate(&mut self) -> ExitStatus {
        self.running.take().expect("it runs").terminate()
    }

    /// Replaces its settings file.
    pub fn configure(&self, settings: &str) {
        std::fs::write(self.folder.path().join("server.toml"), settings).expect("written");
    }

    /// Tells it to read its settings again (SIGHUP).
    pub fn hang_up(&self) {
        self.running.as_ref().expect("it runs").signal(rustix::process::Signal::HUP);
    }

    /// Restarts it on the same data.
    pub fn restart(&mut self) {
        self.run();
    }

    /// Shuts it down cleanly, changes its database, and restarts it at another address.
    pub fn edit_database(&mut self, edit: impl FnOnce(&rusqlite::Connection)) {
        self.terminate();
        let database = rusqlite::Connection::open(self.data().join("chat.db")).expect("it opens");
        edit(&database);
        drop(database);
        self.restart();
    }

    /// Returns whether any file in the data folder contains `marker`.
    pub fn holds(&self, marker: &str) -> bool {
        let files = std::fs::read_dir(self.data()).expect("a folder");
        let texts = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
        texts.chain([self.log().into_bytes()]).any(|bytes| bytes.windows(marker.len()).any(|w| w == marker.as_bytes()))
    }
}
