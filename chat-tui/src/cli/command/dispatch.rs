//! The list of subcommands and the way to each. Must not know what a subcommand does.

use clap::Subcommand;

#[cfg(feature = "local-server")]
use super::local::{self, BackgroundArgs, LocalAction, LocalCommand};
#[cfg(feature = "local-server")]
use super::serve;
use super::{
    account, complete, completions, delete, doctor, edit, help, history, man, outbox, profile, read, room, rooms, rsvp,
    run, send, send_args, status, tail, trending, unread, versions, wait, who,
};
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::full_screen;

/// Makes the whole command line, for completions and manual pages.
pub(in crate::cli) type Definition = fn() -> clap::Command;

/// The subcommands of `chat`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    #[command(flatten)]
    Client(ClientCommand),
    /// Manage your own server, which runs in the background.
    #[cfg(feature = "local-server")]
    #[command(subcommand, after_help = "Examples:\n  chat local status\n  chat local restart")]
    Local(LocalCommand),
    #[command(flatten)]
    Standalone(StandaloneCommand),
}

/// Subcommands that need the client's settings and runtime.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientCommand {
    /// Post a message: words or standard input.
    Send(send_args::SendArgs),
    /// Show the latest messages of rooms, and follow them.
    Tail(tail::TailArgs),
    /// Page back through a room, oldest line first.
    History(history::HistoryArgs),
    /// Wait for a message that matches.
    Wait(wait::WaitArgs),
    /// Run a command, post its output and result, and exit with its status.
    Run(run::RunArgs),
    /// Show, retry or drop results of `run` that wait to be posted.
    Outbox(outbox::OutboxArgs),
    /// Replace the text of one of your messages.
    Edit(edit::EditArgs),
    /// Delete your own messages; in a room you own also ephemeral ones of others.
    Delete(delete::DeleteArgs),
    /// Show the earlier versions of a message.
    Versions(versions::VersionsArgs),
    /// Mark a room as read.
    Read(read::ReadArgs),
    /// List the rooms with unread messages.
    #[command(
        after_help = "Messages of others after your read marker count, ephemeral ones until they expire. Your own \
messages never count; posting does not move the read marker, `chat read` does.\n\nExamples:\n  chat unread\n  chat unread --json | jq -r 'select(.mentions > 0).room.name'"
    )]
    Unread,
    /// List the rooms you can see.
    Rooms(rooms::RoomsArgs),
    /// Create, join, leave and describe rooms.
    #[command(
        subcommand,
        after_help = "Examples:\n  chat room create builds --topic 'what CI says'\n  chat room info builds"
    )]
    Room(room::RoomCommand),
    /// Tell a room whether you will take part.
    Rsvp(rsvp::RsvpArgs),
    /// Show who is online.
    Who(who::WhoArgs),
    /// Set the status that others see.
    Status(status::StatusArgs),
    /// Show the words a room talks about now.
    #[command(visible_alias = "topics")]
    Trending(trending::TrendingArgs),
    /// Create an account on a server.
    Register(account::RegisterArgs),
    /// Sign in to a server, and keep the token for later commands.
    Login(account::LoginArgs),
    /// Sign out of a server, and forget its token.
    #[command(after_help = "Example:\n  chat --server wss://chat.example.org logout")]
    Logout,
    /// Show your account and its server.
    #[command(after_help = "Examples:\n  chat whoami\n  chat whoami --json | jq -r .user.name")]
    Whoami,
    /// Change your password.
    Passwd(account::PasswdArgs),
    /// List the servers you know, and choose the one that commands use.
    #[command(subcommand, after_help = "Examples:\n  chat profile list\n  chat profile default work")]
    Profile(profile::ProfileCommand),
    /// Check the connection, your files and the terminal, and suggest fixes.
    #[command(
        after_help = "Exits with 1 if a check fails.\n\nExamples:\n  chat doctor\n  chat --profile work doctor\n  chat doctor --redis redis://127.0.0.1:6379\n  chat doctor --redis redis://127.0.0.1:6379 --prefix talk"
    )]
    Doctor(doctor::DoctorArgs),
    /// Print what a word may become; completions of shells call it.
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
}

/// Subcommands that need neither the client's settings nor its runtime.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StandaloneCommand {
    /// Run a server in the foreground.
    #[cfg(feature = "local-server")]
    Serve(Box<serve::ServeArgs>),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page.
    Man(man::ManArgs),
    /// Print the help of a command, or describe the lines of --json.
    Help(help::HelpArgs),
}

/// The work that a command line asks for.
#[derive(Debug)]
pub(in crate::cli) enum Task {
    Client(ClientTask),
    Standalone(StandaloneTask),
}

/// Work with the client's settings and runtime.
#[derive(Debug)]
pub(in crate::cli) enum ClientTask {
    /// The full-screen client.
    FullScreen,
    Command(ClientCommand),
    #[cfg(feature = "local-server")]
    Local(LocalAction),
}

/// Work without them.
#[derive(Debug)]
pub(in crate::cli) enum StandaloneTask {
    Command(StandaloneCommand),
    /// The local server itself, as other commands start it.
    #[cfg(feature = "local-server")]
    Background(BackgroundArgs),
}

impl From<Option<Command>> for Task {
    fn from(command: Option<Command>) -> Self {
        match command {
            None => Self::Client(ClientTask::FullScreen),
            Some(Command::Client(command)) => Self::Client(ClientTask::Command(command)),
            #[cfg(feature = "local-server")]
            Some(Command::Local(LocalCommand::Action(action))) => Self::Client(ClientTask::Local(action)),
            #[cfg(feature = "local-server")]
            Some(Command::Local(LocalCommand::Background(args))) => Self::Standalone(StandaloneTask::Background(args)),
            Some(Command::Standalone(command)) => Self::Standalone(StandaloneTask::Command(command)),
        }
    }
}

impl StandaloneTask {
    /// Does the work; `definition` is the whole command line, for completions, help and manual pages.
    #[cfg_attr(not(feature = "local-server"), expect(unused_variables, reason = "only a server has a log to fill"))]
    pub fn run(self, verbose: u8, definition: clap::Command) -> Result<(), CliError> {
        match self {
            #[cfg(feature = "local-server")]
            Self::Background(args) => local::background(args),
            #[cfg(feature = "local-server")]
            Self::Command(StandaloneCommand::Serve(args)) => serve::run(&args, verbose),
            Self::Command(StandaloneCommand::Completions(args)) => completions::run(&args, &definition),
            Self::Command(StandaloneCommand::Man(args)) => man::run(&args, definition),
            Self::Command(StandaloneCommand::Help(args)) => help::run(&args, definition),
        }
    }
}

impl ClientTask {
    /// Returns whether this is the full-screen client.
    pub fn is_full_screen(&self) -> bool {
        matches!(self, Self::FullScreen)
    }

    /// Returns whether the task reports mistakes in the client's files itself; the others refuse to start.
    pub fn checks_client_files(&self) -> bool {
        matches!(self, Self::Command(ClientCommand::Doctor(_) | ClientCommand::Run(_)))
    }

    /// Returns whether Ctrl+C ends the task at once with 130; the others handle it themselves.
    pub fn ends_on_interrupt(&self) -> bool {
        !matches!(self, Self::FullScreen | Self::Command(ClientCommand::Run(_)))
    }

    /// Returns whether what waits in the outbox is posted beside the task.
    pub fn delivers(&self) -> bool {
        match self {
            Self::FullScreen => true,
            Self::Command(command) => {
                use ClientCommand::{Complete, Doctor, Outbox, Profile};
                !matches!(command, Outbox(_) | Doctor(_) | Complete(_) | Profile(_))
            }
            #[cfg(feature = "local-server")]
            Self::Local(_) => false,
        }
    }

    /// Returns whether the task has nothing left to do once nobody reads its output.
    pub fn ends_with_its_reader(&self) -> bool {
        matches!(self, Self::Command(ClientCommand::Tail(args)) if args.follows())
    }

    /// Does the work.
    pub async fn run(&self, context: &Context, definition: Definition) -> Result<(), CliError> {
        match self {
            Self::FullScreen => full_screen::run(context).await,
            Self::Command(command) => command.run(context, definition).await,
            #[cfg(feature = "local-server")]
            Self::Local(action) => local::run(action, context).await,
        }
    }
}

impl ClientCommand {
    async fn run(&self, context: &Context, definition: Definition) -> Result<(), CliError> {
        match self {
            Self::Send(args) => send::run(args, context).await,
            Self::Tail(args) => tail::run(args, context).await,
            Self::History(args) => history::run(args, context).await,
            Self::Wait(args) => wait::run(args, context).await,
            Self::Run(args) => run::run(args, context).await,
            Self::Outbox(args) => outbox::run(args, context).await,
            Self::Edit(args) => edit::run(args, context).await,
            Self::Delete(args) => delete::run(args, context).await,
            Self::Versions(args) => versions::run(args, context).await,
            Self::Read(args) => read::run(args, context).await,
            Self::Unread => unread::run(context).await,
            Self::Rooms(args) => rooms::run(args, context).await,
            Self::Room(command) => room::run(command, context).await,
            Self::Rsvp(args) => rsvp::run(args, context).await,
            Self::Who(args) => who::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Trending(args) => trending::run(args, context).await,
            Self::Register(args) => account::register(args, context).await,
            Self::Login(args) => account::login(args, context).await,
            Self::Logout => account::logout(context).await,
            Self::Whoami => account::whoami(context).await,
            Self::Passwd(args) => account::passwd(args, context).await,
            Self::Profile(command) => profile::run(command, context),
            Self::Doctor(args) => doctor::run(args, context).await,
            Self::Complete(args) => complete::run(args, context, definition()).await,
        }
    }
}
