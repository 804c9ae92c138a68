//! The list of all lines and their envelope. Must not know how the fields of a line are filled.

use chat_proto::message::{Content, Item};
use serde::Serialize;

use super::encoder::escaped;
use super::{
    ChangeLine, CheckLine, CopiedDataLine, ErrorLine, IdentityLine, ItemLine, ItemNames, JoinedLine, JoinsLine,
    LeftLine, LocalServerLine, LogLine, MemberLine, NoticeLine, OutboxPostLine, PersonLine, ProfileLine,
    ReadMarkerLine, RoomDescriptionLine, RoomInfoLine, RoomLine, RoomTopicLine, RsvpCountsLine, RunLine, TrendingLine,
    UnreadLine, VersionLine,
};

/// The version of this output. Within a version, types and fields may be added; nothing else changes.
const VERSION: u8 = 2;

macro_rules! lines {
    ($($(#[$attribute:meta])* $name:ident = $tag:literal => $fields:ty;)+) => {
        /// Every line that `--json` prints, by its `type`.
        #[derive(Debug, Serialize)]
        #[serde(tag = "type")]
        pub(in crate::cli) enum Line<'a> {
            $($(#[$attribute])* #[serde(rename = $tag)] $name($fields),)+
        }

        impl Line<'_> {
            /// The types of all lines.
            #[cfg(test)]
            pub(super) const TYPES: &'static [&'static str] = &[$($tag),+];
        }
    };
}

lines! {
    /// A message.
    Message = "message" => ItemLine<'a>;
    /// A message that was edited after it was printed.
    Edit = "edit" => ItemLine<'a>;
    /// A message that was deleted.
    Delete = "delete" => ItemLine<'a>;
    /// An ephemeral message that expired.
    Expire = "expire" => ItemLine<'a>;
    /// An item that the server cannot read any more.
    Damaged = "damaged" => ItemLine<'a>;
    /// Someone joined the room.
    Join = "join" => ItemLine<'a>;
    /// Someone left the room.
    Leave = "leave" => ItemLine<'a>;
    /// `history`, `tail`: people joined or left between two other lines.
    Joins = "joins" => &'a JoinsLine<'a>;
    /// Someone set or cleared the topic.
    Topic = "topic" => ItemLine<'a>;
    /// Someone set or cleared the description.
    Description = "description" => ItemLine<'a>;
    /// Someone renamed the room.
    Rename = "rename" => ItemLine<'a>;
    /// Someone changed their RSVP.
    Rsvp = "rsvp" => ItemLine<'a>;
    /// `versions`: an earlier text of a message.
    Version = "version" => VersionLine<'a>;
    /// `edit`: the message is edited.
    Edited = "edited" => ChangeLine<'a>;
    /// `delete`: the message is deleted.
    Deleted = "deleted" => ChangeLine<'a>;
    /// `room topic`: the topic is set or cleared.
    TopicSet = "topic_set" => ChangeLine<'a>;
    /// `room describe`: the description is set or cleared.
    DescriptionSet = "description_set" => ChangeLine<'a>;
    /// `read`: the read marker and the counts after it.
    ReadMarker = "read_marker" => ReadMarkerLine<'a>;
    /// `unread`: a room with unread messages.
    Unread = "unread" => UnreadLine<'a>;
    /// `rooms`: a room.
    Room = "room" => RoomLine<'a>;
    /// `room info`: a room with its counts.
    RoomInfo = "room_info" => RoomInfoLine<'a>;
    /// `room topic`: the room's topic.
    RoomTopic = "room_topic" => RoomTopicLine<'a>;
    /// `room describe`: the room's description.
    RoomDescription = "room_description" => RoomDescriptionLine<'a>;
    /// `room create`, `room join`: a room the account is now a member of.
    Joined = "joined" => JoinedLine<'a>;
    /// `room leave`: a room the account has left.
    Left = "left" => LeftLine<'a>;
    /// `room members`: a member.
    Member = "member" => MemberLine<'a>;
    /// `rsvp`: how many members answered.
    RsvpCounts = "rsvp_counts" => RsvpCountsLine<'a>;
    /// `trending`: a trending word.
    Trending = "trending" => TrendingLine<'a>;
    /// `who`: a person.
    Person = "person" => PersonLine<'a>;
    /// `status`: the account's own presence.
    Presence = "presence" => PersonLine<'a>;
    /// `register`, `login`, `whoami`: the account and its server.
    Identity = "identity" => IdentityLine<'a>;
    /// `profile list`: a profile, or a server that was used without one.
    Profile = "profile" => ProfileLine<'a>;
    /// `local status`: the local server.
    #[cfg_attr(not(feature = "local-server"), expect(dead_code, reason = "this build has no local server"))]
    LocalServer = "local_server" => LocalServerLine<'a>;
    /// `local backup`: a backup of the local server's data.
    #[cfg_attr(not(feature = "local-server"), expect(dead_code, reason = "this build has no local server"))]
    Backup = "backup" => CopiedDataLine<'a>;
    /// `local restore`: the backup that the local server now has for data.
    #[cfg_attr(not(feature = "local-server"), expect(dead_code, reason = "this build has no local server"))]
    Restore = "restore" => CopiedDataLine<'a>;
    /// `run`: the command and its end.
    Run = "run" => RunLine<'a>;
    /// `outbox`: a post that waits or was refused.
    OutboxPost = "outbox_post" => OutboxPostLine<'a>;
    /// `local log`: a line of the local server's log.
    #[cfg_attr(not(feature = "local-server"), expect(dead_code, reason = "this build has no local server"))]
    Log = "log" => LogLine<'a>;
    /// `doctor`: one check.
    Check = "check" => CheckLine<'a>;
    /// Progress, or a warning; on standard error.
    Notice = "notice" => NoticeLine<'a>;
    /// Why a command failed; on standard error.
    Error = "error" => ErrorLine<'a>;
}

impl<'a> Line<'a> {
    /// Returns the line of an item; `is_change` if it is printed because it changed.
    pub fn item(item: &'a Item, names: ItemNames<'a>, is_change: bool) -> Self {
        let line = ItemLine::new(item, names);
        match &item.content {
            Content::Message(message) if is_change && message.edited_at.is_some() => Self::Edit(line),
            Content::Message(_) => Self::Message(line),
            Content::Deleted { .. } => Self::Delete(line),
            Content::Expired { .. } => Self::Expire(line),
            Content::Damaged => Self::Damaged(line),
            Content::Join => Self::Join(line),
            Content::Leave => Self::Leave(line),
            Content::Topic { .. } => Self::Topic(line),
            Content::Description { .. } => Self::Description(line),
            Content::Renamed { .. } => Self::Rename(line),
            Content::Rsvp { .. } => Self::Rsvp(line),
        }
    }

    /// Returns the line of a message that was just posted; `is_duplicate` if its key had been accepted before.
    pub fn posted(item: &'a Item, names: ItemNames<'a>, is_duplicate: bool) -> Self {
        Self::Message(ItemLine::new(item, names).duplicate(is_duplicate))
    }
}

/// Returns the line as JSON: the version, the type, then its fields.
pub(in crate::cli) fn encode(line: &Line<'_>) -> String {
    // The version belongs to the output, not to a type: it is put before the object's first field, its `type`.
    let object = escaped(line);
    format!("{{\"v\":{VERSION},{}", &object[1..])
}
