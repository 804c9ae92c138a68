//! `chat rooms`: lists the rooms the user can see. Must not know why they are visible.

use chat_proto::request::{ListRooms, RoomListing};
use clap::Args;

use crate::argument::duration_text;
use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, RoomLine};
use crate::cli::output::padded;
use crate::cli::session::CliSession;
use crate::text::width;

/// The least width of the column of names.
const NAME_COLUMNS_MIN: usize = 16;

/// The arguments of `rooms`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  chat rooms\n  chat rooms --mine --json | jq -r .room.name")]
pub(in crate::cli) struct RoomsArgs {
    /// List only the rooms you are a member of.
    #[arg(long)]
    mine: bool,
}

pub(super) async fn run(args: &RoomsArgs, context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let mut listings = all(&session).await?;
    listings.retain(|listing| listing.is_member || !args.mine);
    if context.output.is_json() {
        session.load_people_of(listings.iter().map(|listing| &listing.room)).await?;
    }
    let names = session.names();
    let columns = listings.iter().map(|listing| width(&name(listing))).fold(NAME_COLUMNS_MIN, usize::max);
    if context.output.is_terminal() && !context.output.is_json() && !listings.is_empty() {
        let head = format!("  {}  ONLINE/MEMBERS  TOPIC", padded("ROOM", columns));
        context.output.text(&head)?;
    }
    listings.iter().try_for_each(|listing| {
        let line = RoomLine::new(listing, &|id| names.user(id));
        context.output.data(&Line::Room(line), &row(listing, columns))
    })
}

/// Returns all rooms that the account can see, page by page.
pub(super) async fn all(session: &CliSession) -> Result<Vec<RoomListing>, CliError> {
    let mut listings: Vec<RoomListing> = Vec::new();
    loop {
        let after = listings.last().and_then(|listing| listing.room.name.clone());
        let page = session.call(&ListRooms { after, limit: session.welcome.limits.page_max }).await?;
        let is_last = !page.has_more || page.rooms.is_empty();
        listings.extend(page.rooms);
        if is_last {
            return Ok(listings);
        }
    }
}

fn name(listing: &RoomListing) -> String {
    let room = &listing.room;
    room.name.as_ref().map_or_else(|| room.id.to_string(), |name| format!("#{name}"))
}

/// Returns one line: membership mark, name, members online and in total, topic.
fn row(listing: &RoomListing, columns: usize) -> String {
    let room = &listing.room;
    let mark = if listing.is_member { '*' } else { ' ' };
    let name = padded(&name(listing), columns);
    let life =
        room.default_ttl_ms.map_or_else(String::new, |ms| format!("  (messages expire after {})", duration_text(ms)));
    let topic = room.topic.as_ref().map_or_else(String::new, |topic| format!("  {}", topic.text));
    format!("{mark} {name}  {:>6}/{:<7}{topic}{life}", listing.online, room.members).trim_end().to_owned()
}
