//! The subcommands, one file each; here only which there are and where they lead.

mod account;
mod completions;
mod delete;
mod doctor;
mod edit;
mod ephemeral_filter;
mod history;
#[cfg(feature = "local-server")]
mod local;
#[cfg(feature = "local-server")]
mod local_log;
mod man;
mod read;
mod room;
mod rooms;
mod rsvp;
mod run;
mod send;
mod send_stream;
#[cfg(feature = "local-server")]
mod serve;
mod status;
mod stream_lines;
mod tail;
mod topics;
mod unread;
mod versions;
mod wait;
mod who;

use clap::Subcommand;

use super::context::Context;
use super::exit::CliError;

/// What `chat` can do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Post a message: words, or standard input.
    Send(send::SendArgs),
    /// Show the end of rooms, and follow them.
    Tail(tail::TailArgs),
    /// Page through a room, oldest line first.
    History(history::HistoryArgs),
    /// Wait for a message that matches.
    Wait(wait::WaitArgs),
    /// Run a command, post its output and result, exit with its status.
    Run(run::RunArgs),
    /// Replace the text of a message of yours.
    Edit(edit::EditArgs),
    /// Delete a message of yours.
    Delete(delete::DeleteArgs),
    /// Show what a message said before it was edited.
    Versions(versions::VersionsArgs),
    /// Mark a room as read.
    Read(read::ReadArgs),
    /// What is unread, room by room.
    #[command(after_help = "Examples:\n  chat unread\n  chat unread --json | jq -r 'select(.mentions > 0).room'")]
    Unread,
    /// The rooms you may see.
    Rooms(rooms::RoomsArgs),
    /// Make, join, leave and describe rooms.
    #[command(
        subcommand,
        after_help = "Examples:\n  chat room create builds --topic 'what CI says'\n  chat room info builds"
    )]
    Room(room::RoomCommand),
    /// Say whether you take part in what a room is about.
    Rsvp(rsvp::RsvpArgs),
    /// Who is there.
    Who(who::WhoArgs),
    /// Set what others see of you.
    Status(status::StatusArgs),
    /// The words a room speaks of just now.
    Topics(topics::TopicsArgs),
    /// Make an account on a server.
    Register(account::RegisterArgs),
    /// Sign in at a server; the token is kept for later commands.
    Login(account::LoginArgs),
    /// End this sign-in on the server and forget its token.
    #[command(after_help = "Example:\n  chat --server wss://chat.example.org logout")]
    Logout,
    /// Who you are, and where.
    #[command(after_help = "Examples:\n  chat whoami\n  chat whoami --json | jq -r .name")]
    Whoami,
    /// Change your password.
    Passwd(account::PasswdArgs),
    /// Run a server in the foreground.
    #[cfg(feature = "local-server")]
    Serve(Box<serve::ServeArgs>),
    /// The server of your own that runs in the background.
    #[cfg(feature = "local-server")]
    #[command(subcommand, after_help = "Examples:\n  chat local status\n  chat local restart")]
    Local(local::LocalCommand),
    /// Look at the connection, the files and the terminal, and say what to change.
    #[command(
        after_help = "Exits 1 where something fails.\n\nExamples:\n  chat doctor\n  chat --profile work doctor\n  chat doctor --redis redis://127.0.0.1:6379\n  chat doctor --redis redis://127.0.0.1:6379 --prefix talk"
    )]
    Doctor(doctor::DoctorArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page.
    Man(man::ManArgs),
}

impl Command {
    /// Runs those that need neither settings nor a runtime of the client; gives the others back.
    pub(super) fn run_standalone(self, verbose: u8) -> Result<Result<(), CliError>, Self> {
        match self {
            #[cfg(feature = "local-server")]
            Self::Serve(args) => Ok(serve::run(&args, verbose)),
            #[cfg(feature = "local-server")]
            Self::Local(local::LocalCommand::Background(args)) => Ok(local::background(args)),
            Self::Completions(args) => Ok(completions::run(&args)),
            Self::Man(args) => Ok(man::run(&args)),
            other => Err(other),
        }
    }

    /// Whether it looks at the client's files itself; the others do not go on where the settings are wrong.
    pub(super) fn checks_client_files(&self) -> bool {
        matches!(self, Self::Doctor(_))
    }

    /// Whether Ctrl+C ends it at once with 130; the others see it themselves.
    pub(super) fn ends_on_interrupt(&self) -> bool {
        !matches!(self, Self::Run(_))
    }

    /// Runs the command.
    pub(super) async fn run(&self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::Send(args) => send::run(args, context).await,
            Self::Tail(args) => tail::run(args, context).await,
            Self::History(args) => history::run(args, context).await,
            Self::Wait(args) => wait::run(args, context).await,
            Self::Run(args) => run::run(args, context).await,
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
            Self::Topics(args) => topics::run(args, context).await,
            Self::Register(args) => account::register(args, context).await,
            Self::Login(args) => account::login(args, context).await,
            Self::Logout => account::logout(context).await,
            Self::Whoami => account::whoami(context).await,
            Self::Passwd(args) => account::passwd(args, context).await,
            #[cfg(feature = "local-server")]
            Self::Local(command) => local::run(command, context).await,
            Self::Doctor(args) => doctor::run(args, context).await,
            #[cfg(feature = "local-server")]
            Self::Serve(_) => unreachable!("`run_alone` has run it"),
            Self::Completions(_) | Self::Man(_) => unreachable!("`run_alone` has run it"),
        }
    }
}
