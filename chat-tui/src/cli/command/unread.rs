//! `chat unread`: what is unread, room by room; exit 0 also where nothing is.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::CliError;

#[derive(Serialize)]
struct UnreadRoom {
    room: String,
    room_id: chat_proto::ids::RoomId,
    unread: u32,
    mentions: u32,
    read_seq: chat_proto::ids::Seq,
    head: chat_proto::ids::Seq,
}

pub(super) async fn run(context: &Context) -> Result<(), CliError> {
    let mut session = context.connect().await?;
    let names = session.names().clone();
    for member in
        session.member_rooms().filter(|member| member.read_marker.unread > 0 || member.read_marker.mentions > 0)
    {
        let room = UnreadRoom {
            room: names.room(member.room.id),
            room_id: member.room.id,
            unread: member.read_marker.unread,
            mentions: member.read_marker.mentions,
            read_seq: member.read_marker.read_seq,
            head: member.head,
        };
        let mentions = if room.mentions > 0 { format!("  @ {}", room.mentions) } else { String::new() };
        context.output.data("unread", &room, &format!("{:>6}  #{}{mentions}", room.unread, room.room))?;
    }
    Ok(())
}
