//! The program `chat` as a person or a script runs it, with a home of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::program;

/// Someone's home on a machine.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Default for Home {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }
}

impl Home {
    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command of `chat`, ready to run; its local server, if it starts one, ends soon after its last use.
    pub fn chat(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program::path("chat"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .env("CHAT_LOCAL_IDLE_SECONDS", "20")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.chat(arguments).output().expect("it runs")
    }

    /// Runs a command that must succeed; what it printed.
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
        let _ = self.chat(&["local", "stop", "-q"]).status();
    }
}
