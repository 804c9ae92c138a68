//! The full-screen client in real use: the program in a pseudo-terminal of 120×36.
//!
//! One run beside a server: a room of many messages is opened and scrolled back to its first message, page by page
//! (repeated Ctrl+Home), so that all of it is loaded. Then keys are pressed, at the end of the room and on the way
//! through it, and each is timed until its whole frame has arrived. Then two people post in turns, and all bytes are
//! counted, including those of follow-up redraws. Then the server is stopped, and the client is started from its cache.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chat_proto::client_frame::Subscription;
use chat_proto::request::Post;
use chat_tests::pty::Terminal;
use clap::Args;
use color_eyre::eyre::{Result, ensure};

use crate::filling::{self, Filled};
use crate::options::Options;
use crate::peer::Peer;
use crate::process;
use crate::report::{Report, Row};
use crate::stats::{median, percentile};

const SIZE: (u16, u16) = (120, 36);
/// The first and the last message of the room.
const FIRST: &str = "the-very-first";
const LAST: &str = "the-very-last";
const CTRL_HOME: &[u8] = b"\x1b[1;5H";
const ALT_R: &[u8] = b"\x1br";
const CTRL_END: &[u8] = b"\x1b[1;5F";
const PAGE_UP: &[u8] = b"\x1b[5~";
const PAGE_DOWN: &[u8] = b"\x1b[6~";
const BACKSPACE: &[u8] = b"\x7f";
const CTRL_Q: &[u8] = b"\x11";
/// The messages posted while bytes are counted: one line each, and as varied as real ones.
const LINES: [&str; 5] = [
    "I have put the log beside the trace",
    "who is on call tonight?",
    "the retry waits for the lease, not for us",
    "green again",
    "see you at three",
];
/// The time limit for loading the whole room.
const LOADING_LIMIT: Duration = Duration::from_mins(3);

/// The arguments of `tui`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Tui {
    /// Messages in the room.
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Keys pressed.
    #[arg(long, default_value_t = 800)]
    keys: usize,
    /// Messages that arrive one by one.
    #[arg(long, default_value_t = 50)]
    arriving: usize,
}

impl Default for Tui {
    fn default() -> Self {
        Self { messages: 100_000, keys: 800, arriving: 50 }
    }
}

/// A user's home folder with the client set up for one server.
struct Home {
    folder: PathBuf,
    server: String,
    cores: String,
}

/// Measures the first frame, keys, memory and bytes.
pub(crate) async fn run(args: &Tui, options: &Options, report: &mut Report) -> Result<()> {
    Report::progress(&format!("writing {} messages for the full-screen client", args.messages));
    let folder = tempfile::tempdir()?;
    let server = process::start_server(options, &folder.path().join("data"))?;
    let home = Home::register(options, folder.path().join("home"), server.address)?;
    post_one(server.address, "first", FIRST).await?;
    let filled = filling::fill(server.address, args.messages).await?;
    post_one(server.address, "last", LAST).await?;
    let mut terminal = home.open()?;
    // It opens far back, at the first unread message that it seeks: they are passed over.
    terminal.wait_for("new ↓")?;
    terminal.send(ALT_R)?;
    terminal.wait_for(LAST)?;
    load_all(&mut terminal)?;
    keys_and_memory(args, &mut terminal, report)?;
    bytes_per_message(args, &mut terminal, (server.address, &filled), report).await?;
    terminal.quit(CTRL_Q)?;
    server.stop()?;
    first_frames(&home, options, report)
}

/// Scrolls back until the first message of the room is visible.
fn load_all(terminal: &mut Terminal) -> Result<()> {
    Report::progress("scrolling back to the first message");
    let begun = Instant::now();
    while !terminal.shows(FIRST) {
        ensure!(begun.elapsed() < LOADING_LIMIT, "the first message did not become visible");
        terminal.send(CTRL_HOME)?;
        terminal.drain(Duration::from_millis(3))?;
    }
    Report::progress(&format!("the whole room is loaded after {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

fn keys_and_memory(args: &Tui, terminal: &mut Terminal, report: &mut Report) -> Result<()> {
    Report::progress(&format!("{} keys", args.keys));
    terminal.send(CTRL_END)?;
    terminal.wait_for(LAST)?;
    terminal.drain(Duration::from_millis(500))?;
    let times: Vec<f64> = (0..args.keys)
        .map(|number| {
            let time = terminal.press_ms(key(number))?;
            // A person's next key comes later; side effects of this one (typing, reading) have arrived by then.
            terminal.drain(Duration::from_millis(10))?;
            Ok(time)
        })
        .collect::<Result<_>>()?;
    let resident_mb = process::resident_kib(terminal.pid())? / 1024.0;
    let with = format!("with {} messages loaded", args.messages);
    report.add(Row::at_most(format!("TUI: key to bytes p99, {with}"), percentile(&times, 0.99), "ms", 5.0));
    report.add(Row::at_most(format!("TUI: memory, {with}"), resident_mb, "MB", 40.0));
    terminal.send(CTRL_END)?;
    terminal.drain(Duration::from_millis(500))?;
    Ok(())
}

/// Returns the next key: a line is typed and deleted, then the room is paged through, back and forth, and so on.
fn key(number: usize) -> &'static [u8] {
    const LETTERS: &[u8] = b"the flaky test is the clock";
    match number % 100 {
        at @ 0..=26 => &LETTERS[at..=at],
        27..=53 => BACKSPACE,
        // One more page back than forth: the end, where a key would change nothing, is never reached.
        54..=76 => PAGE_UP,
        77.. => {
            if number % 100 == 99 {
                PAGE_UP
            } else {
                PAGE_DOWN
            }
        }
    }
}

/// Measures all bytes from before the first message until after the last, per message.
async fn bytes_per_message(
    args: &Tui,
    terminal: &mut Terminal,
    (address, filled): (SocketAddr, &Filled),
    report: &mut Report,
) -> Result<()> {
    Report::progress(&format!("{} messages arrive", args.arriving));
    let mut people = Vec::new();
    for name in ["ana", "ben"] {
        people.push(Peer::register(address, name, Subscription::None).await?.0);
    }
    // Joins are shown, too, and trending words within five seconds.
    terminal.drain(Duration::from_secs(6))?;
    let mut bytes = 0;
    for number in 0..args.arriving {
        let line = LINES[number * 3 % LINES.len()];
        let (key, body) = (format!("b{number}").parse()?, format!("{line}, arriving-{number}").parse()?);
        let post = Post { room: filled.room, key, body, life: None, code: None, reply_to: None, chain: None };
        let writer = number % people.len();
        people[writer].call(&post).await?;
        bytes += terminal.drain(Duration::from_millis(60))?;
        let text = format!("arriving-{number}");
        ensure!(terminal.shows(&text), "{text} was not shown in time");
    }
    let per_message = bytes as f64 / args.arriving.max(1) as f64;
    report.add(Row::at_most("TUI: bytes per new one-line message, 120×36", per_message, "B", 1_000.0));
    Ok(())
}

/// Measures the time from exec until the last message is on the screen, without a server.
fn first_frames(home: &Home, options: &Options, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for round in 1..=options.rounds {
        Report::progress(&format!("starting the client without a server, round {round} of {}", options.rounds));
        let mut terminal = home.open()?;
        times.push(terminal.shown_after_ms("arriving-")?);
        terminal.wait_for("offline")?;
        terminal.quit(CTRL_Q)?;
    }
    report.add(Row::at_most("TUI: first frame from the cache, server unreachable", median(&times), "ms", 50.0));
    Ok(())
}

/// Posts one message from a short-lived connection.
async fn post_one(address: SocketAddr, name: &str, body: &str) -> Result<()> {
    let (mut peer, welcome) = Peer::register(address, name, Subscription::None).await?;
    let room = welcome.account.rooms.first().ok_or_else(|| color_eyre::eyre::eyre!("in no room"))?.room.id;
    let (key, body) = (name.parse()?, body.parse()?);
    peer.call(&Post { room, key, body, life: None, code: None, reply_to: None, chain: None }).await?;
    Ok(())
}

impl Home {
    /// Creates a home folder with an account at the server.
    fn register(options: &Options, folder: PathBuf, address: SocketAddr) -> Result<Self> {
        std::fs::create_dir(&folder)?;
        let home = Self { folder, server: format!("ws://{address}"), cores: options.generator_cores.clone() };
        let mut child = home
            .chat(&process::beside_us("chat")?)
            .args(["register", "reader", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            std::io::Write::write_all(&mut stdin, b"benchmark password")?;
        }
        ensure!(child.wait()?.success(), "the client could not create an account");
        Ok(home)
    }

    /// Opens the client in its own terminal.
    fn open(&self) -> Result<Terminal> {
        Terminal::run(&self.chat(&process::beside_us("chat")?), SIZE)
    }

    fn chat(&self, program: &Path) -> Command {
        let mut command = process::on_cores(&self.cores, &[], program);
        command
            .env_clear()
            .env("HOME", &self.folder)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LANG", "C.UTF-8")
            .env("CHAT_SERVER", &self.server);
        command
    }
}
