//! `chat status [away|dnd|online] [TEXT]`: what others see of one.

use chat_proto::presence::ChosenAvailability;
use chat_proto::request::SetStatus;
use clap::{Args, ValueEnum};

use super::who::row;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, PersonLine};

/// The arguments of `status`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat status away lunch\n  chat status dnd 'in a review'\n  chat status online")]
pub(in crate::cli) struct StatusArgs {
    /// What others see; `online` means by your activity.
    availability: Chosen,
    /// A few words of your own; without them none are shown.
    text: Vec<String>,
}

/// What one may choose.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chosen {
    /// By your activity.
    Online,
    /// Away.
    Away,
    /// Not to be disturbed.
    Dnd,
}

pub(super) async fn run(args: &StatusArgs, context: &Context) -> Result<(), CliError> {
    let availability = match args.availability {
        Chosen::Online => ChosenAvailability::Auto,
        Chosen::Away => ChosenAvailability::Away,
        Chosen::Dnd => ChosenAvailability::Dnd,
    };
    let text = args.text.join(" ");
    let status = if text.trim().is_empty() {
        None
    } else {
        Some(text.parse().map_err(|error| CliError::usage(format!("the status text {error}")))?)
    };
    let session = context.connect().await?;
    let presence = session.call(&SetStatus { availability, status }).await?;
    let own = &session.welcome.user;
    let line = Line::Presence(PersonLine::new(own.name.as_str(), own.id, &presence));
    context.output.data(&line, &row(own.name.as_str(), &presence))
}
