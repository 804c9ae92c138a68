//! `chat status away|dnd|online [TEXT]`: sets the status that others see. Must not know how activity is measured.

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
    /// Your availability; `online` follows your activity.
    availability: Chosen,
    /// A short text; none is shown if omitted.
    text: Vec<String>,
}

/// An availability that a person can set.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chosen {
    /// Online or away, by your activity.
    Online,
    /// Away.
    Away,
    /// Do not disturb.
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
