//! `chat run ROOM -- CMD…`: runs a command, posts what it printed and how it ended, and ends the same way.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::send::{plain_post, print_posted};
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit};
use crate::cli::reference::RoomRef;
use crate::cli::stdin_text::{self, Fit};

/// Of the output so much of the beginning and so much of the end is kept while the command runs.
const KEEP_BYTES: usize = 256 * 1024;

/// The arguments of `run`.
#[derive(Args, Debug)]
#[command(after_help = "\
The output is shown as it comes; afterwards its end is posted, with the command, its status and its time.

Examples:
  chat run builds -- cargo test
  chat run ops --only-failures -- ./backup.sh")]
pub(in crate::cli) struct RunArgs {
    /// The room: general, #general or its id.
    room: RoomRef,
    /// Post only where the command fails.
    #[arg(long)]
    only_failures: bool,
    /// Do not post the output, only the result.
    #[arg(long)]
    no_output: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(super) async fn run(args: &RunArgs, context: &Context) -> Result<(), CliError> {
    // A room that is not there is said before the command has run for an hour.
    let mut session = context.connect().await?;
    session.room(&args.room).await?;
    drop(session);
    let started = Instant::now();
    let (status, kept) = execute(&args.command).await?;
    if !(args.only_failures && status.success()) {
        let report = report(&args.command, status, started.elapsed());
        if let Err(CliError::Failed { body, .. }) = post(args, context, &report, kept).await {
            // The command's own status is what the caller waits for.
            context.output.error(&body);
        }
    }
    match status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)) {
        0 => Ok(()),
        code => Err(CliError::Status(u8::try_from(code & 0xff).unwrap_or(1))),
    }
}

/// Runs the command with our own input; its output is passed on and its end kept.
async fn execute(command: &[String]) -> Result<(ExitStatus, Kept), CliError> {
    let (program, arguments) = command.split_first().expect("invariant: clap requires a command");
    let spawned = Command::new(program).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| {
        let (code, what) = match error.kind() {
            std::io::ErrorKind::NotFound => (127, "not found"),
            _ => (126, "cannot be run"),
        };
        // The shell's own statuses for these two.
        CliError::Failed {
            exit: Exit::Failed,
            body: chat_proto::error::ErrorBody::new(
                chat_proto::error::ErrorCode::NotFound,
                format!("{program}: {what} ({error}); a shell would exit {code}"),
            ),
        }
    })?;
    let stdout = child.stdout.take().expect("invariant: piped");
    let stderr = child.stderr.take().expect("invariant: piped");
    let kept = std::sync::Arc::new(parking_lot::Mutex::new(Kept::default()));
    // The interrupt goes to the whole process group: the command ends by it and we report that.
    let interrupts = tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let copied = tokio::join!(copy(stdout, tokio::io::stdout(), &kept), copy(stderr, tokio::io::stderr(), &kept));
    let status = child.wait().await?;
    interrupts.abort();
    copied.0.and(copied.1)?;
    let kept = std::mem::take(&mut *kept.lock());
    Ok((status, kept))
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    kept: &parking_lot::Mutex<Kept>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut is_read = true;
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        kept.lock().push(&buffer[..count]);
        // A reader of ours that went away does not end the command.
        is_read = is_read && to.write_all(&buffer[..count]).await.is_ok() && to.flush().await.is_ok();
    }
}

/// The end of what a command printed, in bounded memory.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    left_out: usize,
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * KEEP_BYTES {
            let excess = self.bytes.len() - KEEP_BYTES;
            self.bytes.drain(..excess);
            self.left_out += excess;
        }
    }
}

fn report(command: &[String], status: ExitStatus, took: Duration) -> String {
    let command = shell_words::join(command);
    let result = match (status.code(), status.signal()) {
        (Some(0), _) => "passed".to_owned(),
        (Some(code), _) => format!("failed with exit status {code}"),
        (None, signal) => format!("was ended by signal {}", signal.unwrap_or(0)),
    };
    let time = if took < Duration::from_secs(10) {
        format!("{:.1}s", took.as_secs_f64())
    } else {
        super::rooms::life(took.as_secs() * 1000)
    };
    format!("{command}\n{result} in {time}")
}

async fn post(args: &RunArgs, context: &Context, report: &str, kept: Kept) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let mut bodies = Vec::new();
    // A program may print anything; a NUL is no reason to keep quiet about its result.
    let bytes: Vec<u8> = kept.bytes.into_iter().map(|byte| if byte == 0 { b' ' } else { byte }).collect();
    let output = stdin_text::clean(&bytes)?;
    if !args.no_output && !output.trim().is_empty() {
        let output = if kept.left_out > 0 {
            format!("… {} bytes before this left out\n{output}", kept.left_out)
        } else {
            output
        };
        let language: chat_proto::text::CodeLanguage = "text".parse().expect("invariant: a word is a language");
        let fitted = stdin_text::fit(&output, Some(Fit::Tail))?;
        bodies.extend(fitted.into_iter().map(|body| (body, Some(language.clone()))));
    }
    bodies.extend(stdin_text::fit(report, Some(Fit::Head))?.into_iter().map(|body| (body, None)));
    for (body, code) in bodies {
        let body = body.parse().map_err(|error| CliError::failed(format!("the output {error}")))?;
        let post = plain_post(room, body, code)?;
        let posted = session.call(&post).await?;
        if !context.globals.quiet {
            print_posted_to_stderr(context, &mut session, &post, &posted)?;
        }
    }
    Ok(())
}

/// Standard output is the command's own; the messages' names are talk.
fn print_posted_to_stderr(
    context: &Context,
    session: &mut crate::cli::context::Session,
    post: &chat_proto::request::Post,
    posted: &chat_proto::request::Posted,
) -> Result<(), CliError> {
    if context.output.is_json() {
        return print_posted(context, session, post, posted);
    }
    context.output.talk(&format!("posted {}/{}", session.names().room(post.room), posted.seq));
    Ok(())
}
