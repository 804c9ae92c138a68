//! `chat status away|dnd|online [TEXT]`: sets the status that others see. Must not know how activity is measured.

use chat_proto::presence::ChosenAvailability;
use chat_proto::request::SetStatus;
use clap::Args;

use super::who::row;
use crate::argument::{self, AVAILABILITIES};
use crate::cli::choice_parser::one_of;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, PersonLine};

/// The arguments of `status`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat status away lunch\n  chat status dnd 'in a review'\n  chat status online")]
pub(in crate::cli) struct StatusArgs {
    /// Your availability; `online` follows your activity.
    #[arg(value_parser = one_of(AVAILABILITIES))]
    availability: ChosenAvailability,
    /// A short text; none is shown if omitted.
    text: Vec<String>,
}

pub(super) async fn run(args: &StatusArgs, context: &Context) -> Result<(), CliError> {
    let availability = args.availability;
    let text = args.text.join(" ");
    let status =
        if text.trim().is_empty() { None } else { Some(argument::text("status", &text).map_err(CliError::usage)?) };
    let session = context.connect().await?;
    let presence = session.call(&SetStatus { availability, status }).await?;
    let own = &session.welcome.user;
    let line = Line::Presence(PersonLine::new(own.name.as_str(), own.id, &presence));
    context.output.data(&line, &row(own.name.as_str(), &presence))
}
