//! Questions at the terminal: lines with and without echo. While nothing is typed, the program goes on, so that Ctrl+C ends it.
//! Must not know what the answers are for.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::exit::CliError;

/// Reads lines of standard input; an empty one stands for each that is missing.
pub(super) async fn lines_of_stdin<const COUNT: usize>() -> Result<[String; COUNT], CliError> {
    beside(|| {
        let mut stdin = std::io::stdin().lock();
        let mut lines = [const { String::new() }; COUNT];
        for line in &mut lines {
            *line = read_line(&mut stdin)?;
        }
        Ok(lines)
    })
    .await
}

/// Asks at the terminal without echo.
pub(super) async fn secret(prompt: &str) -> Result<String, CliError> {
    let no_terminal = || CliError::usage("no terminal to ask for a password; use --password-stdin");
    let Ok(mut terminal) = File::options().read(true).write(true).open("/dev/tty") else { return Err(no_terminal()) };
    if !terminal.is_terminal() {
        return Err(no_terminal());
    }
    write!(terminal, "{prompt}: ")?;
    let reader = terminal.try_clone()?;
    // Also ends if the command is interrupted.
    let _silence = Silence::begin(terminal).map_err(std::io::Error::from)?;
    beside(|| read_line(&mut BufReader::new(reader))).await
}

/// A terminal without echo; its end restores the former mode.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn begin(terminal: File) -> rustix::io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode, and no end of the line that was typed unseen.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
        let _ = writeln!(self.terminal);
    }
}

/// Reads on a thread that waits for input as long as it takes.
async fn beside<T: Send + 'static>(read: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, CliError> {
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.map_err(|error| CliError::failed(error.to_string()))??)
}

fn read_line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
