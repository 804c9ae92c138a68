//! A real terminal (tmux) of a given size that runs a program and sends it keys.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::client::Home;
use crate::program;
use crate::wait::until;

/// A terminal that is closed when it is dropped.
#[derive(Debug)]
pub struct Screen {
    socket: PathBuf,
}

impl Screen {
    /// Opens `chat` with these arguments in a terminal.
    pub fn chat(home: &Home, (width, height): (u16, u16), arguments: &[&str]) -> Self {
        let quoted: Vec<_> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
        Self::run(home, (width, height), &format!("exec '{}' {}", program::path("chat").display(), quoted.join(" ")))
    }

    /// Opens a shell in a terminal; `chat` is on its path.
    pub fn shell(home: &Home, size: (u16, u16)) -> Self {
        let screen = Self::run(home, size, "exec sh -i");
        screen.wait_for("a prompt", |lines| lines.iter().any(|line| line.starts_with('$')));
        screen
    }

    fn run(home: &Home, (width, height): (u16, u16), command: &str) -> Self {
        let number = std::sync::atomic::AtomicU32::fetch_add(&COUNT, 1, std::sync::atomic::Ordering::Relaxed);
        let socket = home.path().join(format!("tmux{number}"));
        let screen = Self { socket };
        let mut path = program::path("chat").parent().expect("a folder").to_path_buf().into_os_string();
        path.push(":/usr/bin:/bin");
        let script =
            format!("env -u TMUX -u TMUX_PANE TERM=xterm-256color COLORTERM=truecolor PS1='$ ' sh -c \"{command}\"");
        let output = screen
            .tmux()
            .args(["-f", "/dev/null", "new-session", "-d", "-x", &width.to_string(), "-y", &height.to_string()])
            .arg(script)
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("CHAT_LOCAL_IDLE_SECONDS", "20")
            .env("PATH", path)
            .env("LANG", "C.UTF-8")
            .envs(home.variables())
            .output()
            .expect("tmux runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        screen
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.tmux().args(arguments).output().expect("tmux runs")
    }

    /// Presses keys by tmux's names: `Enter`, `C-k`, `M-Enter`, `F1`.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.ask(&["send-keys", key]);
        }
    }

    /// Waits until every message sent from here to `#general` is acknowledged. A fresh message does not show this: it
    /// looks the same in flight, and cannot be selected. An item after it in the timeline shows it.
    pub fn wait_until_acknowledged(&self, home: &Home) {
        home.output(&["room", "topic", "general", "all", "is", "acknowledged"]);
        self.wait_for_text("set the topic: all is acknowledged");
    }

    /// Moves from the composer to the last message. Waits for the effect of Escape before the next key: a terminal
    /// sends Escape followed by a key as Alt and that key.
    pub fn select_last(&self) {
        self.press(&["Escape"]);
        self.wait_for_text("j k move");
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) {
        self.ask(&["send-keys", "-l", text]);
    }

    /// Pastes a text as terminals do: bracketed if the program asked for it.
    pub fn paste(&self, text: &str) {
        self.ask(&["set-buffer", text]);
        self.ask(&["paste-buffer", "-p"]);
    }

    /// Changes the size.
    pub fn resize(&self, width: u16, height: u16) {
        self.ask(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// Returns its content, line by line.
    pub fn lines(&self) -> Vec<String> {
        let output = self.ask(&["capture-pane", "-p"]);
        String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Returns its content with colour sequences.
    pub fn coloured(&self) -> String {
        String::from_utf8_lossy(&self.ask(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// Waits until `is_there` accepts its content.
    ///
    /// # Panics
    /// At the time limit, with the current content.
    pub fn wait_for(&self, what: &str, is_there: impl Fn(&[String]) -> bool) -> Vec<String> {
        let last = std::cell::RefCell::new(Vec::new());
        let shown = || {
            let lines = self.lines();
            last.replace(lines.clone());
            is_there(&lines).then_some(lines)
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| until(what, shown)))
            .unwrap_or_else(|_| panic!("{what} did not come; the screen shows:\n{}", last.borrow().join("\n")))
    }

    /// Waits until a line contains `text`.
    pub fn wait_for_text(&self, text: &str) -> Vec<String> {
        self.wait_for(text, |lines| lines.iter().any(|line| line.contains(text)))
    }

    /// Returns the process id of the program in it.
    pub fn pid(&self) -> u32 {
        let output = self.ask(&["display-message", "-p", "#{pane_pid}"]);
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("a pid")
    }

    /// Returns whether the program in it has ended.
    pub fn has_ended(&self) -> bool {
        !self.ask(&["has-session"]).status.success()
    }

    /// Writes every byte the program sends into a file from now on.
    pub fn record(&self, file: &std::path::Path) {
        self.ask(&["pipe-pane", &format!("cat > '{}'", file.display())]);
    }
}

static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

impl Drop for Screen {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}
