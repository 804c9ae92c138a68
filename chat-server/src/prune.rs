//! The command `prune`: arguments, progress on a terminal, and a line for each room. Must not know how messages are removed.

use clap::Args;
use color_eyre::eyre;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use chat_proto::time::UnixMillis;

use crate::cli::ServerArgs;
use crate::clock::now;
use crate::output::{JSON_VERSION, OutputError, print_line};
use crate::progress_line::ProgressLine;
use crate::server::doubtful_days;
use crate::store::sqlite::{self, PruneProgress, PrunedRoom};

/// The arguments of `prune`.
#[derive(Args, Clone, Debug)]
pub struct PruneArgs {
    /// Remove the messages from before this day (2026-11-21, in the time zone of this machine) or moment
    /// (2026-11-21T08:00:00Z).
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "days")]
    pub before: Option<UnixMillis>,
    /// Remove the messages that are older than so many days. If neither is given: keep_days of the settings.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,
    /// Only in this room: general or R1.
    #[arg(long, value_name = "ROOM")]
    pub room: Option<String>,
    /// Only say how many there are. Works beside a running server, too.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON lines instead of text.
    #[arg(long)]
    pub json: bool,
}

/// A day, or a moment.
fn moment(text: &str) -> Result<UnixMillis, String> {
    let here = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok()?.timestamp());
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(here);
    let moment =
        moment.ok_or("is no day and no moment; one looks like 2026-11-21, the other like 2026-11-21T08:00:00Z")?;
    Ok(UnixMillis(moment.as_millisecond()))
}

/// Removes old messages from the data folder of the settings, and prints how many.
///
/// # Errors
/// If the settings are wrong, nothing says how old is old, or the folder cannot be used.
pub fn run_prune(args: &ServerArgs, prune: &PruneArgs) -> eyre::Result<()> {
    let config = args.config()?;
    let days_ago = |days: u32| now().minus_days(days);
    let before = prune.before.or_else(|| prune.days.or(config.server.keep_days).map(days_ago));
    let before = before.ok_or_else(|| {
        eyre::eyre!("nothing says how old is old: add --days N or --before DATE, or set keep_days under [rooms]")
    })?;
    if let Some(days) = doubtful_days(sqlite::newest_message_at(&config.data), now())
        && prune.before.is_none()
        && !prune.dry_run
    {
        eyre::bail!(
            "the clock of this machine is {days} days ahead of the newest message, so it may be wrong, and nothing was removed. \
             If it is right, name the day itself: --before DATE"
        );
    }
    let mut line = ProgressLine::new(!prune.dry_run);
    let mut report = |PruneProgress { messages, rooms, of_rooms }| {
        line.show(|| format!("removing old messages: {messages} so far, {rooms} of {of_rooms} rooms are done"));
    };
    let pruned = sqlite::prune(&config.data, prune.room.as_deref(), before, prune.dry_run, &mut report)?;
    drop(line);
    Ok(print(&pruned, prune)?)
}

fn print(pruned: &[PrunedRoom], prune: &PruneArgs) -> Result<(), OutputError> {
    for room in pruned {
        print_line(&if prune.json { json(room, prune.dry_run) } else { text(room, prune.dry_run) })?;
    }
    if pruned.is_empty() && !prune.json {
        print_line("no messages are that old")?;
    }
    Ok(())
}

fn text(room: &PrunedRoom, is_dry: bool) -> String {
    let name = room.name.as_ref().map_or_else(|| room.id.to_string(), |name| format!("#{name}"));
    let messages = if room.messages == 1 { "1 message".to_owned() } else { format!("{} messages", room.messages) };
    let done = if is_dry { "would be removed" } else { "removed" };
    format!("{name}: {messages} {done}")
}

fn json(room: &PrunedRoom, is_dry: bool) -> String {
    chat_proto::codec::to_text(&Line {
        v: JSON_VERSION,
        kind: "prune",
        room: Room { id: room.id.to_string(), name: room.name.as_deref() },
        messages: room.messages,
        dry_run: is_dry,
    })
}

/// The result in one room as a line of JSON. Programs read it.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    room: Room<'a>,
    messages: u64,
    dry_run: bool,
}

/// The room; a direct message has no name.
#[derive(Serialize)]
struct Room<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::RoomId;

    use super::*;

    #[test]
    fn a_day_and_a_moment_are_told_apart() {
        assert_eq!(moment("2026-11-21T08:00:00Z"), Ok(UnixMillis(1_795_248_000_000)));
        let day = moment("2026-11-21").expect("a day").0;
        assert!((day - 1_795_219_200_000).abs() <= 86_400_000, "midnight here: {day}");
        assert!(moment("yesterday").expect_err("neither").contains("2026-11-21"));
    }

    #[test]
    fn a_room_has_one_line_as_text_and_as_json() {
        let general = PrunedRoom { id: RoomId(1), name: Some("general".into()), messages: 1 };
        let direct = PrunedRoom { id: RoomId(7), name: None, messages: 12 };
        assert_eq!(text(&general, false), "#general: 1 message removed");
        assert_eq!(text(&direct, true), "R7: 12 messages would be removed");
        let line = r#"{"v":2,"type":"prune","room":{"id":"R1","name":"general"},"messages":1,"dry_run":false}"#;
        assert_eq!(json(&general, false), line);
    }
}
