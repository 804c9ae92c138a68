//! `chat status [away|dnd|online [TEXT]]`: shows or sets the status that others see. Must not know how activity is measured.

use chat_proto::presence::{Availability, ChosenAvailability, Presence};
use chat_proto::request::{ChosenStatus, OwnStatus, SetStatus};
use clap::Args;

use crate::argument::{self, AVAILABILITIES};
use crate::cli::choice_parser::one_of;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, PersonLine};

/// The arguments of `status`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat status                      show your own\n  chat status away lunch\n  chat status dnd 'in a review'\n  chat status online"
)]
pub(in crate::cli) struct StatusArgs {
    /// Your availability; `online` follows your activity. Shows your own status if omitted.
    #[arg(value_parser = one_of(AVAILABILITIES))]
    availability: Option<ChosenAvailability>,
    /// A short text; none is shown if omitted.
    text: Vec<String>,
}

pub(super) async fn run(args: &StatusArgs, context: &Context) -> Result<(), CliError> {
    let text = args.text.join(" ");
    let status =
        if text.trim().is_empty() { None } else { Some(argument::text("status", &text).map_err(CliError::usage)?) };
    let session = context.connect().await?;
    let chosen = match args.availability {
        Some(availability) => {
            session.call(&SetStatus { availability, status: status.clone() }).await?;
            ChosenStatus { availability, status }
        }
        None => session.call(&OwnStatus {}).await?,
    };
    let own = &session.welcome.user;
    let presence = Presence { availability: seen(chosen.availability), status: chosen.status, last_seen: None };
    let line = Line::Presence(PersonLine::new(own.name.as_str(), own.id, &presence));
    context.output.data(&line, &sentence(chosen.availability, &presence))
}

/// The availability as others see it while this account is online: this command itself shows nobody as online.
fn seen(chosen: ChosenAvailability) -> Availability {
    match chosen {
        ChosenAvailability::Auto => Availability::Online,
        ChosenAvailability::Away => Availability::Away,
        ChosenAvailability::Dnd => Availability::Dnd,
    }
}

fn sentence(chosen: ChosenAvailability, presence: &Presence) -> String {
    let availability = match chosen {
        ChosenAvailability::Auto => "online or away, by your activity",
        ChosenAvailability::Away => "away",
        ChosenAvailability::Dnd => "do not disturb",
    };
    presence.status.as_ref().map_or_else(|| availability.to_owned(), |status| format!("{availability}: {status}"))
}
