//! The JSON lines of `--json`: a type of its own for each, apart from the protocol's. Must not know connections or
//! arguments.

mod encoder;
mod item;
mod line;
mod message;
mod moment;
mod people;
mod program;
mod room;
mod room_facts;
mod run;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub(super) use item::{ItemLine, ItemNames, JoinsLine};
pub(super) use line::{Line, encode};
pub(super) use message::{ChangeLine, ReadMarkerLine, UnreadLine, VersionLine};
pub(super) use people::{IdentityLine, PersonLine};
pub(super) use program::{CheckLine, CopiedDataLine, ErrorLine, LocalServerLine, LogLine, NoticeLine, ProfileLine};
pub(super) use room::{JoinedLine, RoomInfoLine, RoomLine, SERVER};
pub(super) use room_facts::{LeftLine, MemberLine, RoomDescriptionLine, RoomTopicLine, RsvpCountsLine, TrendingLine};
pub(super) use run::{OutboxPostLine, RunLine};
pub(super) use value::UserFields;
pub(super) use words::code;

/// The page that describes every type and field; a test compares it with the lines.
pub(super) const HELP: &str = include_str!("help.txt");
