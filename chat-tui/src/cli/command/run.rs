//! `chat run ROOM -- CMD…`: runs a command, posts its output and its result, and exits with its status. Must not know
//! how the command is run.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use chat_proto::text::MessageBody;
use clap::Args;

use super::posting::{plain_post, print_posted};
use crate::argument::RoomRef;
use crate::cli::child::{ChildExit, OutputTail, run_child};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::stdin_text::{self, Fit};

/// The arguments of `run`.
#[derive(Args, Debug)]
#[command(after_help = "\
Shows the output as it comes. When the command ends, posts the end of its output and its result: \
the command line, the exit status and the time it took.

Shows standard output and standard error of the command together, in the order they were written: \
on standard output, or with --json on standard error, so that standard output has only lines of JSON.

Passes SIGINT, SIGTERM and SIGHUP on to the command and its children, and kills them if the command \
has not ended after 5 s. Posts the result in any case. Exits with the command's status, or with 128 \
plus the number of the signal that ended it.

Examples:
  chat run builds -- cargo test
  chat run ops --only-failures -- ./backup.sh")]
pub(in crate::cli) struct RunArgs {
    /// The room: general, #general or R1.
    room: RoomRef,
    /// Post only if the command fails.
    #[arg(long)]
    only_failures: bool,
    /// Post only the result, not the output.
    #[arg(long)]
    no_output: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(super) async fn run(args: &RunArgs, context: &Context) -> Result<(), CliError> {
    // Report an unknown room now, not after the command has run for an hour.
    let mut session = context.connect().await?;
    session.room(&args.room).await?;
    drop(session);
    let started = Instant::now();
    let ended = if context.output.is_json() {
        run_child(&args.command, tokio::io::stderr()).await
    } else {
        run_child(&args.command, tokio::io::stdout()).await
    };
    let ChildExit { status, output: tail } = ended?;
    if !(args.only_failures && status.success()) {
        let report = report(&args.command, status, started.elapsed());
        if let Err(CliError::Failed { report, .. }) = post(args, context, &report, tail).await {
            // The caller waits for the command's own status.
            context.output.error(&report);
        }
    }
    match status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)) {
        0 => Ok(()),
        code => Err(CliError::Status(u8::try_from(code & 0xff).unwrap_or(1))),
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

async fn post(args: &RunArgs, context: &Context, report: &str, tail: OutputTail) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(&args.room).await?;
    let limits = session.welcome.limits.clone();
    let mut bodies = Vec::new();
    // Programs print anything; a NUL must not keep the result from being posted.
    let bytes: Vec<u8> = tail.bytes.into_iter().map(|byte| if byte == 0 { b' ' } else { byte }).collect();
    let output = stdin_text::clean(&bytes)?;
    if !args.no_output && !output.trim().is_empty() {
        let language: chat_proto::text::CodeLanguage = "text".parse().expect("invariant: a word is a language");
        let is_whole = tail.lines_before == 0 && MessageBody::has_room(&output, &limits);
        let fitted = if is_whole { output } else { stdin_text::fit_tail(&output, tail.lines_before, &limits) };
        bodies.push((fitted, Some(language)));
    }
    bodies.extend(stdin_text::fit(report, Some(Fit::Head), &limits)?.into_iter().map(|body| (body, None)));
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

/// Standard output belongs to the command: the ids of messages go to standard error.
fn print_posted_to_stderr(
    context: &Context,
    session: &mut crate::cli::context::CliSession,
    post: &chat_proto::request::Post,
    posted: &chat_proto::request::Posted,
) -> Result<(), CliError> {
    if context.output.is_json() {
        return print_posted(context, session, post, posted);
    }
    context.output.info(&format!("posted {}/{}", session.names().room(post.room), posted.seq));
    Ok(())
}
