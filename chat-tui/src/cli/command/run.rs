//! `chat run ROOM -- CMD…`: runs a command, whatever the chat does, posts its output and result, and exits with its status.
//! Must not know how the command is run, or what becomes of a result that cannot be posted.

use std::time::Instant;

use chat_proto::error::ErrorCode;
use chat_proto::request::Life;
use clap::Args;
use tokio::task::JoinHandle;

use super::run_outcome::{Outcome, Publishing};
use crate::argument::{RoomRef, ttl_ms};
use crate::cli::child::{ChildExit, run_child};
use crate::cli::client_files::require_valid_files;
use crate::cli::context::Context;
use crate::cli::exit::{CliError, Code, ErrorReport, Exit};
use crate::cli::json::{Line, RunLine};
use crate::cli::outbox::{remember_rooms, room_life};
use crate::cli::run_report::{RunReport, RunResult};
use crate::text::io_reason;

/// The arguments of `run`.
#[derive(Args, Debug)]
#[command(after_help = "\
Runs the command immediately, even if the server is unreachable, and shows the output as it comes. \
When the command ends, posts one message: the command line, the end of the output, and the result with the time it took.

A result that cannot be posted waits in the outbox on disk, and the next command or screen of the \
same profile posts it; the message then says when the command ran (see `chat outbox`). Nothing that \
may expire is written to disk: with --ttl, in a room whose messages expire, and where that is not known \
because this account has never seen the room from here, the post is tried for 5 s and then reported \
as lost. --persistent keeps the message in any room, so that it can always wait.

Waits for everything that holds the command's output open. A process that is to stay behind needs \
another one: sh -c 'daemon >/dev/null 2>&1 &'.

Shows standard output and standard error of the command together, in the order they were written: \
on standard output, or with --json on standard error. With --json, standard output has one line: \
exit_status or signal, duration_ms, the message's id, and what became of it.

Passes SIGINT, SIGTERM and SIGHUP on to the command and its children, and kills them if the command \
has not ended after 5 s. Exits with the command's status, with 128 plus the number of the signal that \
ended it, and with 127 or 126 if the command is not found or cannot be started.

Examples:
  chat run builds -- cargo test
  chat run ops --only-failures -- ./backup.sh
  chat run deploys --require-server -- ./deploy.sh
  chat run builds --json -- make 2>/dev/null | jq .duration_ms")]
#[expect(clippy::struct_excessive_bools, reason = "four independent flags")]
pub(in crate::cli) struct RunArgs {
    /// The room: general, #general or R1.
    pub(super) room: RoomRef,
    /// Post only if the command fails.
    #[arg(long)]
    only_failures: bool,
    /// Post only the result, not the output.
    #[arg(long)]
    no_output: bool,
    /// Do not run the command if the server cannot be reached or you may not post in the room (exit codes 3, 4 and 5).
    #[arg(long)]
    require_server: bool,
    /// Let the message expire after this time: 30s, 1h, or low (30 s), normal (1 h), high (24 h).
    #[arg(long, value_name = "TIME", value_parser = ttl_ms, conflicts_with = "persistent", allow_hyphen_values = true)]
    ttl: Option<u64>,
    /// Keep the message, also in a room whose messages expire by default.
    #[arg(long)]
    persistent: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

impl RunArgs {
    /// The message's life, if given.
    pub(super) fn life(&self) -> Option<Life> {
        if self.persistent { Some(Life::Persistent) } else { self.ttl.map(Life::TtlMs) }
    }
}

pub(super) async fn run(args: &RunArgs, context: &Context) -> Result<(), CliError> {
    let settings = require_valid_files(context, false);
    if args.require_server {
        settings?;
        require_membership(&args.room, context).await?;
        return run_and_post(args, context, None).await;
    }
    // With other settings the message might go elsewhere: nothing is posted then.
    let fault = settings.err();
    run_and_post(args, context, fault).await
}

async fn run_and_post(args: &RunArgs, context: &Context, fault: Option<CliError>) -> Result<(), CliError> {
    let looking = fault.is_none().then(|| look_beside(args.room.clone(), context.clone()));
    let (ran_at, started) = (Context::now(), Instant::now());
    let ChildExit { result, output, unwritten } = if context.output.is_json() {
        run_child(&args.command, tokio::io::stderr()).await
    } else {
        run_child(&args.command, tokio::io::stdout()).await
    };
    let duration_ms = started.elapsed().as_millis() as u64;
    if let Some(looking) = looking {
        // A server that has not answered yet is asked again for the post.
        looking.abort();
    }
    let mut report = RunReport::new(&args.command, result, ran_at, duration_ms);
    if !args.no_output {
        report = report.with_output(&output.bytes, output.lines_before);
    }
    if let RunResult::NotStarted { reason, .. } = &report.result {
        context
            .output
            .error(&ErrorReport::new(Code::Protocol(ErrorCode::NotFound), format!("{}: {reason}", args.command[0])));
    }
    let outcome = if args.only_failures && report.result.is_success() {
        Outcome::NotWanted
    } else {
        Publishing { room: &args.room, life: args.life(), report: &report, context }.publish(fault).await
    };
    let told = tell(args, context, &report, &outcome);
    let unprinted = |error| CliError::failed(format!("the command's output cannot be printed: {}", io_reason(&error)));
    let printed = told.and(unwritten.map_or(Ok(()), |error| Err(unprinted(error))));
    match report.result.shell_status() {
        0 => printed,
        status => {
            // The command's own failure keeps its status.
            if let Err(CliError::Failed { report, .. }) = printed {
                context.output.error(&report);
            }
            Err(CliError::Status(status))
        }
    }
}

/// Looks at the room while the command runs, so that it is known afterwards whether the result may wait on disk.
fn look_beside(room: RoomRef, context: Context) -> JoinHandle<()> {
    tokio::spawn(async move {
        if room_life(&context.outbox(), &room).is_none() {
            // The post finds out why.
            drop(look_at_room(&room, &context).await);
        }
    })
}

/// Looks at the room and remembers the life of messages there.
async fn look_at_room(room: &RoomRef, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room_to_see(room).await?;
    remember_rooms(&context.outbox(), room.iter());
    Ok(())
}

/// Checks that the server can be reached and that this account may post in the room.
async fn require_membership(typed: &RoomRef, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = session.room(typed).await?;
    if session.member_rooms().any(|member| member.room.id == room) {
        return Ok(());
    }
    let message = format!("only members may post in {typed}; join it with `chat room join`");
    Err(CliError::with(Exit::NotFound, ErrorCode::NotMember, message))
}

/// Says what became of the result. Standard output belongs to the command, or with `--json` to the one line.
fn tell(args: &RunArgs, context: &Context, report: &RunReport, outcome: &Outcome) -> Result<(), CliError> {
    let (state, id) = match outcome {
        Outcome::Posted(id) => ("posted", Some(id.as_str())),
        Outcome::Waiting(_) => ("waiting", None),
        Outcome::Refused(_) => ("refused", None),
        Outcome::Lost(_) => ("lost", None),
        Outcome::NotWanted => ("not_wanted", None),
    };
    let room = args.room.to_string();
    match outcome {
        Outcome::Posted(id) => context.output.info(&format!("posted {id}")),
        Outcome::Waiting(error) | Outcome::Refused(error) | Outcome::Lost(error) => context.output.error(error),
        Outcome::NotWanted => {}
    }
    context.output.data_if_json(&Line::Run(RunLine::new(report, &room, state, id)))
}
