//! `chat unread`: lists the rooms with unread messages; exits with 0 even if there are none. Must not know how messages
//! are counted.

use crate::cli::context::Context;
use crate::cli::exit::CliError;
use crate::cli::json::{Line, UnreadLine};

pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let names = session.names().clone();
    for member in session.member_rooms() {
        let marker = &member.read_marker;
        if marker.unread == 0 && marker.mentions == 0 {
            continue;
        }
        let name = names.room(member.room.id);
        let mentions = if marker.mentions > 0 { format!("  @ {}", marker.mentions) } else { String::new() };
        let mark = if member.room.name.is_some() { "#" } else { "" };
        let text = format!("{:>6}  {mark}{name}{mentions}", marker.unread);
        context.output.data(&Line::Unread(UnreadLine::new(&name, member)), &text)?;
    }
    let lacking = session.member_rooms().filter(|member| member.read_marker.lacks_ephemeral).count();
    if lacking > 0 {
        let rooms = if lacking == 1 { "1 room".to_owned() } else { format!("{lacking} rooms") };
        context.output.info(&format!("Ephemeral messages in {rooms} are not counted: the server cannot reach Redis."));
    }
    Ok(())
}
