//! Runs a command: passes its output and our signals on, and keeps the end of its output. Must not know what happens to
//! the output.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::run_report::RunResult;
use super::signals::{ReceivedSignal, Signals};

use crate::text::io_reason;

/// How much of the end of the output is kept.
const TAIL_BYTES: usize = 256 * 1024;
/// A command that does not end within this time after a signal is killed.
const KILL_AFTER: Duration = Duration::from_secs(5);
/// After a signal and the command's end, its children may keep its output open for this long. Without a signal they may as long
/// as they like: their output belongs to the result, as in a pipe.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// The end of a command.
#[derive(Debug)]
pub(super) struct ChildExit {
    /// Its result.
    pub result: RunResult,
    /// The end of its output.
    pub output: OutputTail,
    /// Why its output could not be passed on; not if our reader has gone away.
    pub unwritten: Option<std::io::Error>,
}

impl ChildExit {
    fn not_started(error: &std::io::Error) -> Self {
        Self { result: not_started(error), output: OutputTail::default(), unwritten: None }
    }
}

/// The end of a command's output, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct OutputTail {
    /// The bytes of both outputs, in the order they were written.
    pub bytes: Vec<u8>,
    /// The number of lines before them.
    pub lines_before: usize,
}

impl OutputTail {
    /// Adds what was written next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
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
    /// Whether it leads its own process group, apart from ours.
    has_own_group: bool,
    status: Option<ExitStatus>,
    was_signalled: bool,
    /// The time to kill it or, after it has ended, to stop waiting for its output.
    deadline: Option<Instant>,
}

/// Runs a command with our standard input until it ends; both its outputs go to `to`, in the order they were written.
/// A command that cannot be started has a result, too.
pub(super) async fn run_child(command: &[String], to: impl AsyncWrite + Unpin) -> ChildExit {
    // Without them, a signal ends this program and leaves the command behind; that is no reason not to run it.
    let mut signals = Signals::listen().ok();
    let (mut running, output) = match start(command) {
        Ok(started) => started,
        Err(error) => return ChildExit::not_started(&error),
    };
    let (mut tail, mut unwritten) = (OutputTail::default(), None);
    {
        let copying = copy(output, to, &mut tail);
        tokio::pin!(copying);
        let mut is_open = true;
        while running.status.is_none() || is_open {
            tokio::select! {
                failed = &mut copying, if is_open => (is_open, unwritten) = (false, failed),
                status = running.child.wait(), if running.status.is_none() => match status {
                    Ok(status) => running.on_exit(status),
                    Err(error) => return ChildExit::not_started(&error),
                },
                received = next_signal(&mut signals) => running.forward(received),
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
    let signal = || RunResult::Signal(status.signal().unwrap_or(0));
    ChildExit { result: status.code().map_or_else(signal, RunResult::ExitStatus), output: tail, unwritten }
}

async fn next_signal(signals: &mut Option<Signals>) -> ReceivedSignal {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

fn start(command: &[String]) -> std::io::Result<(RunningChild, pipe::Receiver)> {
    let (program, arguments) = command.split_first().expect("invariant: clap requires a command");
    // One pipe for both outputs keeps the order in which they were written.
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(writer.try_clone()?).stderr(writer);
    // At a terminal the command stays in our group: Ctrl+C and Ctrl+Z mean both of us, and only the foreground group
    // may read. Elsewhere it gets its own group, so that a signal reaches its children too.
    let has_own_group = !std::io::IsTerminal::is_terminal(&std::io::stdin());
    if has_own_group {
        command.process_group(0);
    }
    let child = command.spawn()?;
    // Close our writing ends; the output then ends with the last process that holds one.
    drop(command);
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let running = RunningChild { child, pid, has_own_group, status: None, was_signalled: false, deadline: None };
    Ok((running, pipe::Receiver::from_owned_fd(reader.into())?))
}

/// The result of a command that cannot be started, with the status a shell has for it.
fn not_started(error: &std::io::Error) -> RunResult {
    let (exit_status, reason) = match error.kind() {
        std::io::ErrorKind::NotFound => (127, "not found".to_owned()),
        std::io::ErrorKind::PermissionDenied => (126, "permission denied".to_owned()),
        _ => (126, io_reason(error)),
    };
    RunResult::NotStarted { exit_status, reason }
}

/// Copies until the output ends or cannot be read. Returns why something could not be written.
async fn copy(
    mut from: pipe::Receiver,
    mut to: impl AsyncWrite + Unpin,
    tail: &mut OutputTail,
) -> Option<std::io::Error> {
    let mut buffer = vec![0; 16 * 1024];
    let mut failed: Option<std::io::Error> = None;
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return failed.filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
        };
        tail.push(&buffer[..count]);
        // The command goes on if nobody takes its output.
        if failed.is_none() {
            failed = write(&mut to, &buffer[..count]).await.err();
        }
    }
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

impl RunningChild {
    /// Forwards a signal to the command, unless the terminal has sent it to the command already.
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

    /// Signals the command's group, or only the command if it has none. Ignores that it has just ended.
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
