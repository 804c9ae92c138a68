//! `chat rooms`: the rooms one may see.

use chat_proto::request::{ListRooms, RoomListing};
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::CliError;

/// The arguments of `rooms`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat rooms\n  chat rooms --mine --json | jq -r .room.name")]
pub(in crate::cli) struct RoomsArgs {
    /// Only the rooms you are a member of.
    #[arg(long)]
    mine: bool,
}

pub(super) async fn run(args: &RoomsArgs, context: &Context) -> Result<(), CliError> {
    let session = context.connect().await?;
    let mut after = None;
    loop {
        let page = session.call(&ListRooms { after: after.clone(), limit: session.welcome.limits.page_max }).await?;
        for listing in page.rooms.iter().filter(|listing| listing.is_member || !args.mine) {
            context.output.data("room", listing, &row(listing))?;
        }
        after = page.rooms.last().and_then(|listing| listing.room.name.clone());
        if !page.has_more || after.is_none() {
            return Ok(());
        }
    }
}

/// One line: membership mark, name, members there and in all, topic.
fn row(listing: &RoomListing) -> String {
    let room = &listing.room;
    let mark = if listing.is_member { '*' } else { ' ' };
    let name = room.name.as_ref().map_or_else(|| room.id.to_string(), |name| format!("#{name}"));
    let life = room.default_ttl_ms.map_or_else(String::new, |ms| format!("  (messages live {})", life(ms)));
    let topic = room.topic.as_ref().map_or_else(String::new, |topic| format!("  {}", topic.text));
    format!("{mark} {name:<24} {:>4}/{:<4}{topic}{life}", listing.online, room.members)
}

/// A length of time in its largest whole units: `30s`, `1h30m`.
pub(super) fn life(ms: u64) -> String {
    let seconds = ms / 1000;
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { format!("{ms}ms") } else { text }
}
