//! Opens a link in the user's browser, with a program of the desktop. Must not know where the link comes from, or what is
//! done with one that cannot be opened.

use std::process::Stdio;

use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::text::io_reason;

/// A link that was not opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotOpened {
    pub(super) link: String,
    /// The reason, as the end of a sentence.
    pub(super) reason: String,
    /// Whether something went wrong, other than that there is no browser to be expected here.
    pub(super) is_error: bool,
}

/// Opens links.
#[derive(Debug)]
pub(super) struct LinkOpener {
    /// The program and its arguments before the link, or the reason why there is none.
    command: Result<Vec<String>, NoOpener>,
    running: JoinSet<Option<NotOpened>>,
}

/// Why no program opens links here.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NoOpener {
    /// The terminal is on another machine.
    Remote,
    /// There is no display.
    NoDisplay,
    /// The setting cannot be read.
    Setting(String),
}

/// The facts of the environment that decide.
#[derive(Clone, Copy, Debug, Default)]
struct Environment {
    is_macos: bool,
    is_remote: bool,
    has_display: bool,
}

impl LinkOpener {
    /// Opens links with the command of the settings; if that is empty, with that of the platform.
    pub(super) fn of(setting: &str) -> Self {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let environment = Environment {
            is_macos: cfg!(target_os = "macos"),
            is_remote: ["SSH_CONNECTION", "SSH_TTY"].iter().any(is_set),
            has_display: ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(is_set),
        };
        Self { command: command(setting, environment), running: JoinSet::new() }
    }

    /// Starts to open a link. A failure that shows later comes from [`Self::next_failure`].
    ///
    /// # Errors
    /// If nothing can be started.
    pub(super) fn open(&mut self, link: &str) -> Result<(), NotOpened> {
        let not_opened = |reason: String, is_error| NotOpened { link: link.to_owned(), reason, is_error };
        let command = self.command.as_ref().map_err(|none| {
            let (reason, is_error) = none.reason();
            not_opened(reason, is_error)
        })?;
        let [program, arguments @ ..] = &command[..] else { return Ok(()) };
        let child = Command::new(program)
            .args(arguments)
            .arg(link)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl+Z and the end of the terminal concern this program, not the browser.
            .process_group(0)
            .spawn()
            .map_err(|error| not_opened(format!("{program} cannot be started, {}", io_reason(&error)), true))?;
        self.running.spawn(wait(child, program.clone(), link.to_owned()));
        Ok(())
    }

    /// Waits for the next link that could not be opened after all.
    pub(super) async fn next_failure(&mut self) -> NotOpened {
        loop {
            match self.running.join_next().await {
                Some(Ok(Some(not_opened))) => return not_opened,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

async fn wait(mut child: Child, program: String, link: String) -> Option<NotOpened> {
    let status = child.wait().await.ok()?;
    let failed = || NotOpened { link, reason: format!("{program} failed, {status}"), is_error: true };
    (!status.success()).then(failed)
}

impl NoOpener {
    /// The reason as the end of a sentence, and whether something is wrong.
    fn reason(&self) -> (String, bool) {
        match self {
            Self::Remote => ("over SSH, a browser would open on the other machine".to_owned(), false),
            Self::NoDisplay => ("there is no display for a browser".to_owned(), false),
            Self::Setting(fault) => (format!("tui.opener in client.toml cannot be read, {fault}"), true),
        }
    }
}

/// The command that opens links. One of the settings is right wherever it runs.
fn command(setting: &str, environment: Environment) -> Result<Vec<String>, NoOpener> {
    let words = shell_words::split(setting).map_err(|error| NoOpener::Setting(error.to_string()))?;
    match environment {
        _ if !words.is_empty() => Ok(words),
        Environment { is_remote: true, .. } => Err(NoOpener::Remote),
        Environment { is_macos: true, .. } => Ok(vec!["open".to_owned()]),
        Environment { has_display: true, .. } => Ok(vec!["xdg-open".to_owned()]),
        Environment { .. } => Err(NoOpener::NoDisplay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_opened_only_where_the_user_sits() {
        let desktop = Environment { has_display: true, ..Environment::default() };
        let macos = Environment { is_macos: true, ..Environment::default() };
        let remote = Environment { is_remote: true, ..desktop };
        let words = |words: &[&str]| Ok(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(command("", desktop), words(&["xdg-open"]));
        assert_eq!(command("", macos), words(&["open"]));
        assert_eq!(command("", remote), Err(NoOpener::Remote));
        assert_eq!(command("", Environment::default()), Err(NoOpener::NoDisplay));
        assert_eq!(command("firefox --new-tab", remote), words(&["firefox", "--new-tab"]), "as it is set");
        assert!(matches!(command("'firefox", desktop), Err(NoOpener::Setting(_))));
    }

    fn opener(setting: &str) -> LinkOpener {
        LinkOpener { command: command(setting, Environment::default()), running: JoinSet::new() }
    }

    #[tokio::test]
    async fn a_program_that_is_missing_or_fails_is_reported() {
        let missing = opener("no-such-program-here").open("https://e.org").expect_err("cannot be started");
        assert!(missing.is_error && missing.reason.contains("no-such-program-here"), "{missing:?}");
        let mut opener = opener("sh -c 'exit 3' sh");
        opener.open("https://e.org").expect("started");
        let failed = opener.next_failure().await;
        assert_eq!(failed.link, "https://e.org");
        assert!(failed.reason.contains("sh failed, exit status: 3"), "{failed:?}");
    }
}
