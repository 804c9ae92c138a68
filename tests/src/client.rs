//! The program `chat` as a person or a script runs it, with a home of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::program;

/// A user's home folder on a machine.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Default for Home {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), variables: Vec::new() }
    }
}

impl Home {
    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the settings of the client.
    pub fn configure(&self, settings: &str) {
        let folder = self.path().join(".config/chat");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("client.toml"), settings).expect("written");
    }

    /// Sets an environment variable for every command run here.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Returns the variables set so far.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns a home folder signed in to a server under this name.
    pub fn signed_in(server: &crate::server::Server, name: &str) -> Self {
        let mut home = Self::default();
        home.set("CHAT_SERVER", &format!("unix:{}", server.socket().display()));
        let output = home.pipe(&["register", name, "--password-stdin"], b"correct horse battery");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        home
    }

    /// Returns whether any file here contains `marker`.
    pub fn holds(&self, marker: &str) -> bool {
        let mut folders = vec![self.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
                let kind = entry.file_type().expect("a kind");
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let bytes = std::fs::read(entry.path()).unwrap_or_default();
                    if bytes.windows(marker.len()).any(|window| window == marker.as_bytes()) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Returns a `chat` command, ready to run. If it starts a local server, that server ends soon after its last use.
    pub fn chat(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program::path("chat"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .env("CHAT_LOCAL_IDLE_SECONDS", "20")
            .envs(self.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.chat(arguments).output().expect("it runs")
    }

    /// Runs a command that must succeed and returns its output.
    pub fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}: {talk}", output.status);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A command's exit code.
    pub fn code(&self, arguments: &[&str]) -> i32 {
        self.run(arguments).status.code().expect("it ended by itself")
    }

    /// Runs a command with this standard input.
    pub fn pipe(&self, arguments: &[&str], input: &[u8]) -> Output {
        use std::io::Write;
        let mut child = self.chat(arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("piped");
        // A command that refuses early closes its input.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // The local server of this home, if there is one.
        let _ = self.chat(&["local", "stop", "--force", "-q"]).status();
    }
}
