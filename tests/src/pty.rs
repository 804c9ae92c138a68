//! A pseudo-terminal with a program in it: sends keys, and receives output as bytes, as a screen and with timestamps.
//! Answers queries as the test asks, and must not know the program.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, ensure, eyre};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::wait::LIMIT;

/// The device attributes query (DA1); every terminal answers it, and programs wait for the answer.
const QUESTION: &[u8] = b"\x1b[c";
/// A VT220 with colours.
const ANSWER: &[u8] = b"\x1b[?62;22c";
/// The queries that a terminal answers, with its answers.
pub type Answers = &'static [(&'static [u8], &'static [u8])];
/// A plain terminal.
pub const PLAIN: Answers = &[(QUESTION, ANSWER)];
/// The longest query; so much of the earlier output is remembered.
const QUESTION_MAX_BYTES: usize = 64;
/// Ends a frame (synchronised output, mode 2026).
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Output read at once.
#[derive(Debug)]
struct Chunk {
    at: Instant,
    bytes: Vec<u8>,
}

/// A terminal; dropping it kills its program.
pub struct Terminal {
    child: Child,
    keys: File,
    chunks: Receiver<Chunk>,
    screen: vt100::Parser,
    received: Vec<u8>,
    begun: Instant,
}

impl Terminal {
    /// Runs a command in a plain terminal of this size, which becomes its controlling terminal.
    ///
    /// # Errors
    /// The system has no terminal for it, or the command does not start.
    pub fn run(command: &Command, size: (u16, u16)) -> Result<Self> {
        Self::answering(command, size, (PLAIN, b""))
    }

    /// Runs a command in a terminal that gives these answers, and in which `typed` was typed before the start.
    ///
    /// # Errors
    /// The system has no terminal for it, or the command does not start.
    pub fn answering(
        command: &Command,
        (columns, rows): (u16, u16),
        (answers, typed): (Answers, &[u8]),
    ) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        tcsetwinsize(&slave, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let (chunk_sender, chunks) = channel();
        let side = |cells| NonZeroU16::new(cells).ok_or_else(|| eyre!("a terminal has a size"));
        let screen = vt100::Parser::new(side(rows)?, side(columns)?, 0);
        let (output, replies) = (File::from(master.try_clone()?), File::from(master.try_clone()?));
        let read = move || read(output, (replies, answers), &chunk_sender);
        std::thread::Builder::new().name("terminal".into()).spawn(read)?;
        let mut keys = File::from(master);
        keys.write_all(typed)?;
        let begun = Instant::now();
        let child = start(command, &slave)?;
        Ok(Self { child, keys, chunks, screen, received: Vec::new(), begun })
    }

    /// Returns the program's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the milliseconds from exec until the screen shows a text.
    pub fn shown_after_ms(&mut self, text: &str) -> Result<f64> {
        let end = Instant::now() + LIMIT;
        loop {
            let chunk = self.take(end)?.ok_or_else(|| self.missing(text))?;
            if self.shows(text) {
                return Ok((chunk.at - self.begun).as_secs_f64() * 1e3);
            }
        }
    }

    /// Returns whether the screen shows a text, after the output processed so far.
    pub fn shows(&self, text: &str) -> bool {
        self.screen.screen().contents().contains(text)
    }

    /// Returns everything the program has sent, as far as it was processed.
    pub fn received(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Returns the rows of the screen.
    pub fn rows(&self) -> Vec<String> {
        let shown = self.screen.screen();
        shown.rows(0, shown.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
    }

    /// Waits until the screen shows a text.
    ///
    /// # Errors
    /// It does not come within the time limit.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        let end = Instant::now() + LIMIT;
        while !self.shows(text) {
            self.take(end)?.ok_or_else(|| self.missing(text))?;
        }
        Ok(())
    }

    /// Presses a key without waiting.
    pub fn send(&mut self, key: &[u8]) -> Result<()> {
        Ok(self.keys.write_all(key)?)
    }

    /// Presses a key and returns the milliseconds until its whole frame has arrived.
    pub fn press_ms(&mut self, key: &[u8]) -> Result<f64> {
        let begun = Instant::now();
        self.send(key)?;
        let mut came = Vec::new();
        loop {
            let chunk = self.take(begun + LIMIT)?.ok_or_else(|| eyre!("the key {key:?} changed nothing"))?;
            came.extend_from_slice(&chunk.bytes);
            if contains(&came, FRAME_END) {
                return Ok((chunk.at - begun).as_secs_f64() * 1e3);
            }
        }
    }

    /// Processes output until there has been none for `quiet`; returns the number of bytes.
    pub fn drain(&mut self, quiet: Duration) -> Result<usize> {
        let mut bytes = 0;
        while let Some(chunk) = self.take(Instant::now() + quiet)? {
            bytes += chunk.bytes.len();
        }
        Ok(bytes)
    }

    /// Presses a key that quits the program, and waits for its exit.
    pub fn quit(mut self, key: &[u8]) -> Result<()> {
        self.send(key)?;
        let end = Instant::now() + LIMIT;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < end, "the program did not exit");
            // Its last output is read, so that it never blocks on it; reading fails once it has exited.
            drop(self.drain(Duration::from_millis(5)));
        }
        Ok(())
    }

    /// Returns the next output after applying it to the screen; `None` if there is none until `end`.
    fn take(&mut self, end: Instant) -> Result<Option<Chunk>> {
        match self.chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(chunk) => {
                self.screen.process(&chunk.bytes);
                self.received.extend_from_slice(&chunk.bytes);
                Ok(Some(chunk))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(eyre!("the program exited; its last screen:\n{}", self.screen.screen().contents()))
            }
        }
    }

    fn missing(&self, text: &str) -> color_eyre::Report {
        eyre!("{text:?} did not come; the screen shows:\n{}", self.screen.screen().contents())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may already have exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a command as the leader of a session whose terminal this is.
fn start(command: &Command, slave: &OwnedFd) -> Result<Child> {
    let mut leader = Command::new("setsid");
    leader.arg("-c").arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        leader.env(name, value.unwrap_or_default());
    }
    leader
        .stdin(Stdio::from(slave.try_clone()?))
        .stdout(Stdio::from(slave.try_clone()?))
        .stderr(Stdio::from(slave.try_clone()?))
        .spawn()
        .wrap_err("`setsid` (package util-linux) is needed to give a program a terminal")
}

/// Reads until the terminal closes, and answers queries.
fn read(mut output: File, (mut replies, answers): (File, Answers), chunk_sender: &Sender<Chunk>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut before = Vec::new();
    loop {
        // The last program in the terminal has exited: EIO.
        let count = match output.read(&mut buffer) {
            Ok(count) if count > 0 => count,
            Ok(_) | Err(_) => return,
        };
        let at = Instant::now();
        let bytes = buffer[..count].to_vec();
        for (_, answer) in answers.iter().filter(|(question, _)| is_asked(question, &before, &bytes)) {
            if replies.write_all(answer).is_err() {
                return;
            }
        }
        before.extend_from_slice(&bytes);
        before.drain(..before.len().saturating_sub(QUESTION_MAX_BYTES));
        if chunk_sender.send(Chunk { at, bytes }).is_err() {
            return;
        }
    }
}

/// Whether a query ends in this output. It may have begun in the output before it.
fn is_asked(question: &[u8], before: &[u8], bytes: &[u8]) -> bool {
    let begin = before.len().saturating_sub(question.len() - 1);
    contains(&[&before[begin..], bytes].concat(), question)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_in_two_parts_is_answered_once() {
        assert!(is_asked(QUESTION, b"", b"x\x1b[cy"));
        assert!(is_asked(QUESTION, b"x\x1b[", b"cy") && is_asked(QUESTION, b"\x1b", b"[c"));
        assert!(!is_asked(QUESTION, b"x\x1b[c", b"y"), "the output before had it");
        assert!(!is_asked(QUESTION, b"x\x1b[", b"0c"));
    }
}
