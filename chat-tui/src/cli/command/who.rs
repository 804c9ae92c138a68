//! `chat who [ROOM]`: lists people with their presence. Must not know how presence is determined.

use chat_proto::presence::{Availability, Presence};
use chat_proto::request::Who;
use clap::Args;

use crate::argument::RoomRef;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, PersonLine};
use crate::cli::output::{local_time, padded};

/// The arguments of `who`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  chat who\n  chat who ops --json | jq -r 'select(.availability==\"online\").user.name'"
)]
pub(in crate::cli) struct WhoArgs {
    /// The room; everyone you share a room with if omitted.
    room: Option<RoomRef>,
}

pub(super) async fn run(args: &WhoArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let room = match &args.room {
        Some(room) => Some(session.room(room).await?),
        None => None,
    };
    let answer = session.call(&Who { room }).await?;
    session.names().add_users(&answer.users);
    for person in &answer.people {
        let name = session.names().user(person.user);
        let line = Line::Person(PersonLine::new(&name, person.user, &person.presence));
        context.output.data(&line, &row(&name, &person.presence))?;
    }
    if answer.total as usize > answer.people.len() {
        context.output.info(&format!("{} of {} online", answer.online, answer.total));
    }
    Ok(())
}

/// Returns one line: a mark, the name, availability and status.
pub(super) fn row(name: &str, presence: &Presence) -> String {
    let (mark, word) = match presence.availability {
        Availability::Online => ('●', "online"),
        Availability::Away => ('◐', "away"),
        Availability::Dnd => ('⊘', "dnd"),
        Availability::Offline => ('○', "offline"),
        Availability::Unknown => ('?', "unknown"),
    };
    let status = presence.status.as_ref().map_or_else(String::new, |status| format!("  {status}"));
    let seen = presence.last_seen.map_or_else(String::new, |at| format!("  last seen {}", local_time(at)));
    format!("{mark} {} {word}{status}{seen}", padded(name, 20)).trim_end().to_owned()
}
