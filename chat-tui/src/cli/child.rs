//! A command that is run and attended: its output is passed on and kept, signals reach it, its end is waited for.
//! Must not know what becomes of what it printed.

use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::exit::{CliError, Code, ErrorReport, Exit};
use super::signals::{ReceivedSignal, Signals};

/// Of the output so much of the end is kept while the command runs.
const TAIL_BYTES: usize = 256 * 1024;
/// A command that was told to end does so within this time, or is killed.
const KILL_AFTER: Duration = Duration::from_secs(5);
/// After its end, what it left behind may hold its output open for this long.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// How a command ended and what it printed.
#[derive(Debug)]
pub(super) struct ChildExit {
    /// Its status.
    pub status: ExitStatus,
    /// The end of its output.
    pub output: OutputTail,
}

/// The end of what a command printed, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct OutputTail {
    /// The bytes, in the order they were written to whichever of its two outputs.
    pub bytes: Vec<u8>,
    /// How many lines there were before them.
    pub lines_before: usize,
}

impl OutputTail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * TAIL_BYTES {
            let excess = self.bytes.len() - TAIL_BYTES;
            self.lines_before += self.bytes.drain(..excess).filter(|byte| *byte == b'\n').count();
        }
    }
}

/// A running command.
struct RunningChild {
    child: Child,
    pid: Option<Pid>,
    /// Whether it leads a process group of its own, apart from ours.
    has_own_group: bool,
    status: Option<ExitStatus>,
    was_signalled: bool,
    /// When it is killed, or, after its end, when its output is waited for no longer.
    deadline: Option<Instant>,
}

/// Runs a command with our own input to its end; both its outputs go to `to`, in the order they were written.
///
/// # Errors
/// Where it cannot be run.
pub(super) async fn run_child(command: &[String], to: impl AsyncWrite + Unpin) -> Result<ChildExit, CliError> {
    let mut signals = Signals::listen()?;
    let (mut running, output) = start(command)?;
    let mut tail = OutputTail::default();
    {
        let copying = copy(output, to, &mut tail);
        tokio::pin!(copying);
        let mut is_open = true;
        while running.status.is_none() || is_open {
            tokio::select! {
                copied = &mut copying, if is_open => {
                    copied?;
                    is_open = false;
                }
                status = running.child.wait(), if running.status.is_none() => running.on_exit(status?),
                received = signals.next() => running.forward(received),
                () = until(running.deadline) => {
                    if running.status.is_some() {
                        break;
                    }
                    running.deadline = None;
                    running.send(Signal::KILL);
                }
            }
        }
    }
    let status = running.status.expect("invariant: the loop ends with the command");
    Ok(ChildExit { status, output: tail })
}

fn start(command: &[String]) -> Result<(RunningChild, pipe::Receiver), CliError> {
    let (program, arguments) = command.split_first().expect("invariant: clap requires a command");
    // One pipe for both outputs: two would be read in another order than they were written in.
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(writer.try_clone()?).stderr(writer);
    // At a terminal it stays in our group: there keys like Ctrl+C and Ctrl+Z mean both, and only the group at the
    // front may read. Elsewhere a group of its own lets a signal reach all that it started.
    let has_own_group = !std::io::IsTerminal::is_terminal(&std::io::stdin());
    if has_own_group {
        command.process_group(0);
    }
    let child = command.spawn().map_err(|error| not_run(program, &error))?;
    // Our ends for writing go with `command`; the output then ends with the last program that holds one.
    drop(command);
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let running = RunningChild { child, pid, has_own_group, status: None, was_signalled: false, deadline: None };
    Ok((running, pipe::Receiver::from_owned_fd(reader.into())?))
}

fn not_run(program: &str, error: &std::io::Error) -> CliError {
    let (code, what) = match error.kind() {
        std::io::ErrorKind::NotFound => (127, "not found"),
        _ => (126, "cannot be run"),
    };
    let message = format!("{program}: {what} ({error}); a shell would exit {code}");
    let code = Code::Protocol(chat_proto::error::ErrorCode::NotFound);
    CliError::Failed { exit: Exit::Failed, report: ErrorReport::new(code, message) }
}

async fn copy(mut from: pipe::Receiver, mut to: impl AsyncWrite + Unpin, tail: &mut OutputTail) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_read = true;
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        tail.push(&buffer[..count]);
        // A reader of ours that went away does not end the command.
        is_read = is_read && to.write_all(&buffer[..count]).await.is_ok() && to.flush().await.is_ok();
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

impl RunningChild {
    /// Brings the command a signal that came to us, unless the terminal has brought it already.
    fn forward(&mut self, received: ReceivedSignal) {
        let has_it_already = received.is_from_terminal && !self.has_own_group;
        if has_it_already && self.status.is_none() {
            return;
        }
        self.was_signalled = true;
        self.send(received.signal);
        let limit = if self.status.is_some() { DRAIN_LIMIT } else { KILL_AFTER };
        self.deadline.get_or_insert(Instant::now() + limit);
    }

    fn on_exit(&mut self, status: ExitStatus) {
        self.status = Some(status);
        self.deadline = self.was_signalled.then(|| Instant::now() + DRAIN_LIMIT);
    }

    /// To all it started, where they are a group of their own. That it has just ended is no error.
    fn send(&self, signal: Signal) {
        let Some(pid) = self.pid else { return };
        let _ = if self.has_own_group {
            rustix::process::kill_process_group(pid, signal)
        } else if self.status.is_none() {
            rustix::process::kill_process(pid, signal)
        } else {
            Ok(())
        };
    }
}
