//! `chat outbox`: lists, retries and drops results of `run` that wait to be posted. Must not know how they are stored.

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, OutboxPostLine};
use crate::cli::outbox::{Delivered, OutboxPost, deliver, report_expired};
use crate::cli::output::local_time;

/// The arguments of `outbox`.
#[derive(Args, Debug)]
#[command(after_help = "\
Without a subcommand, lists them. They are of one profile: use --profile or --server as `run` did.

A post waits until a command or the screen can post it, and stays as refused if the server says no \
for good, for example because you are not in the room. Up to 1,000 posts of 16 MiB in all wait for up \
to 7 days.

Examples:
  chat outbox
  chat outbox retry
  chat outbox drop 3f2a91c0
  chat outbox --json | jq -r 'select(.state == \"refused\").refusal.message'")]
pub(in crate::cli) struct OutboxArgs {
    #[command(subcommand)]
    action: Option<OutboxAction>,
}

/// An action on the outbox.
#[derive(Debug, Subcommand)]
enum OutboxAction {
    /// List what waits and what was refused, oldest first.
    #[command(after_help = "Example:\n  chat outbox list --json | jq -r .id")]
    List,
    /// Post everything now, also what was refused; exits with 1 if something is left.
    #[command(after_help = "Example, after joining the room:\n  chat room join ops && chat outbox retry")]
    Retry,
    /// Drop posts without posting them.
    #[command(after_help = "Examples:\n  chat outbox drop 3f2a91c0\n  chat outbox drop --all")]
    Drop(DropArgs),
}

/// The arguments of `outbox drop`.
#[derive(Args, Debug)]
struct DropArgs {
    /// The posts, as `chat outbox` names them.
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// Drop all posts of the profile.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

pub(super) async fn run(args: &OutboxArgs, context: &Context) -> Result<(), CliError> {
    report_expired(context);
    match args.action.as_ref().unwrap_or(&OutboxAction::List) {
        OutboxAction::List => list(context),
        OutboxAction::Retry => retry(context).await,
        OutboxAction::Drop(args) => drop_posts(args, context),
    }
}

fn list(context: &Context) -> Result<(), CliError> {
    let posts: Vec<_> = context.outbox().posts(Context::now()).collect();
    if posts.is_empty() {
        context.output.info(&format!("the outbox of {} is empty", context.profile_name()));
    }
    posts.iter().try_for_each(|post| context.output.data(&Line::OutboxPost(OutboxPostLine::from(post)), &row(post)))
}

fn row(post: &OutboxPost) -> String {
    let OutboxPost { id, room, report, .. } = post;
    let state = match &post.refusal {
        Some(refusal) => format!("refused: {}", refusal.message),
        None => "waiting".to_owned(),
    };
    let command = report.command.lines().next().unwrap_or_default();
    format!("{id}  {}  {room}  {command}: {}  {state}", local_time(report.ran_at), report.result_text())
}

async fn retry(context: &Context) -> Result<(), CliError> {
    let mut done = Delivered::default();
    deliver(context, true, &mut done).await;
    done.tell(&context.output);
    if done.is_busy {
        return Err(CliError::failed("another command is already posting from the outbox; try again"));
    }
    if let Some(error) = done.stopped {
        return Err(error);
    }
    let left: Vec<_> = context.outbox().posts(Context::now()).collect();
    if let Some(post) = left.iter().find(|post| post.refusal.is_none()) {
        let by = "it was queued with another CHAT_TOKEN; retry with that one";
        return Err(CliError::failed(format!("{} is still waiting: {by}", post.id)));
    }
    if left.is_empty() { Ok(()) } else { Err(CliError::Status(1)) }
}

fn drop_posts(args: &DropArgs, context: &Context) -> Result<(), CliError> {
    let outbox = context.outbox();
    let posts: Vec<_> = outbox.posts(Context::now()).collect();
    let unknown = args.ids.iter().find(|id| !posts.iter().any(|post| post.id == **id));
    if let Some(id) = unknown {
        let profile = context.profile_name();
        return Err(CliError::not_found(format!(
            "there is no post {id} in the outbox of {profile}; `chat outbox` lists them"
        )));
    }
    let chosen: Vec<_> = posts.iter().filter(|post| args.all || args.ids.contains(&post.id)).collect();
    for post in &chosen {
        outbox.remove(post);
    }
    context.output.info(&format!("dropped {} from the outbox", chosen.len()));
    Ok(())
}
