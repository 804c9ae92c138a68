//! A pseudo-terminal with a program in it: keys go in, what the program writes comes out with the time it came. It
//! answers as a plain terminal does. Knows nothing of what the program is.

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

/// Asks a terminal what it is (DA1); every terminal answers, and programs wait for it.
const QUESTION: &[u8] = b"\x1b[c";
/// A VT220 with colours.
const ANSWER: &[u8] = b"\x1b[?62;22c";
/// Ends a frame (synchronised output, mode 2026).
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Nothing a program is asked for takes longer.
const LIMIT: Duration = Duration::from_secs(10);

/// What came at once.
#[derive(Debug)]
struct Chunk {
    at: Instant,
    bytes: Vec<u8>,
}

/// A terminal; the program in it is ended when it is dropped.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    chunks: Receiver<Chunk>,
    screen: vt100::Parser,
    begun: Instant,
}

impl Terminal {
    /// Runs a command in a terminal of so many columns and rows, which is its controlling one.
    pub(crate) fn run(command: &Command, (columns, rows): (u16, u16)) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        tcsetwinsize(&slave, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let (told, chunks) = channel();
        let side = |cells| NonZeroU16::new(cells).ok_or_else(|| eyre!("a terminal has a size"));
        let screen = vt100::Parser::new(side(rows)?, side(columns)?, 0);
        let (output, answers) = (File::from(master.try_clone()?), File::from(master.try_clone()?));
        std::thread::Builder::new().name("terminal".into()).spawn(move || read(output, answers, &told))?;
        let begun = Instant::now();
        let child = start(command, &slave)?;
        Ok(Self { child, keys: File::from(master), chunks, screen, begun })
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// From exec until the screen shows a text, in milliseconds.
    pub(crate) fn shown_after_ms(&mut self, text: &str) -> Result<f64> {
        let end = Instant::now() + LIMIT;
        loop {
            let chunk = self.take(end)?.ok_or_else(|| self.missing(text))?;
            if self.shows(text) {
                return Ok((chunk.at - self.begun).as_secs_f64() * 1e3);
            }
        }
    }

    /// Whether the screen shows a text, as far as what came has been taken.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.screen.screen().contents().contains(text)
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_for(&mut self, text: &str) -> Result<()> {
        let end = Instant::now() + LIMIT;
        while !self.shows(text) {
            self.take(end)?.ok_or_else(|| self.missing(text))?;
        }
        Ok(())
    }

    /// Presses a key without waiting for anything.
    pub(crate) fn send(&mut self, key: &[u8]) -> Result<()> {
        Ok(self.keys.write_all(key)?)
    }

    /// Presses a key; milliseconds until the whole frame it makes has come.
    pub(crate) fn press_ms(&mut self, key: &[u8]) -> Result<f64> {
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

    /// Takes what comes until nothing has come for `quiet`; how many bytes.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Result<usize> {
        let mut bytes = 0;
        while let Some(chunk) = self.take(Instant::now() + quiet)? {
            bytes += chunk.bytes.len();
        }
        Ok(bytes)
    }

    /// Presses a key that ends the program, and waits for its end.
    pub(crate) fn quit(mut self, key: &[u8]) -> Result<()> {
        self.send(key)?;
        let end = Instant::now() + LIMIT;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < end, "the program did not end");
            // Its last words are read, so that it never waits for us; none come once it has ended.
            drop(self.settle(Duration::from_millis(5)));
        }
        Ok(())
    }

    /// The next that comes, shown on the screen; none where nothing comes until `end`.
    fn take(&mut self, end: Instant) -> Result<Option<Chunk>> {
        match self.chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(chunk) => {
                self.screen.process(&chunk.bytes);
                Ok(Some(chunk))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(eyre!("the program ended; its last screen:\n{}", self.screen.screen().contents()))
            }
        }
    }

    fn missing(&self, text: &str) -> color_eyre::Report {
        eyre!("{text:?} did not come; the screen shows:\n{}", self.screen.screen().contents())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
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

/// Reads until the terminal is gone, and answers what is asked of it.
fn read(mut output: File, mut answers: File, told: &Sender<Chunk>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // The last program that held the terminal has gone: EIO.
        let count = match output.read(&mut buffer) {
            Ok(count) if count > 0 => count,
            Ok(_) | Err(_) => return,
        };
        let at = Instant::now();
        let bytes = buffer[..count].to_vec();
        if contains(&bytes, QUESTION) && answers.write_all(ANSWER).is_err() {
            return;
        }
        if told.send(Chunk { at, bytes }).is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
