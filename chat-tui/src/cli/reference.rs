//! What a person types to name a room or a message: `general`, `#general`, `R12`, `@ana`, `general/12`.

use std::fmt;
use std::str::FromStr;

use chat_proto::ids::{RoomId, Seq};
use chat_proto::text::{RoomName, Username};

/// A room as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoomRef {
    /// By name, with or without `#`.
    Name(RoomName),
    /// By id.
    Id(RoomId),
    /// The direct conversation with someone.
    Person(Username),
}

impl FromStr for RoomRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(person) = text.strip_prefix('@') {
            return person.parse().map(Self::Person).map_err(|e| format!("the name after @ {e}"));
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let name = text.strip_prefix('#').unwrap_or(text);
        name.parse().map(Self::Name).map_err(|e| format!("a room's name {e}"))
    }
}

impl fmt::Display for RoomRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "#{name}"),
            Self::Id(id) => id.fmt(f),
            Self::Person(name) => write!(f, "@{name}"),
        }
    }
}

/// A message as typed: a room and a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageRef {
    /// The room it stands in.
    pub room: RoomRef,
    /// Its number.
    pub seq: Seq,
}

impl FromStr for MessageRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (room, seq) = text.rsplit_once('/').ok_or("a message is named ROOM/NUMBER, for example general/12")?;
        Ok(Self { room: room.parse()?, seq: parse_seq(seq)? })
    }
}

impl fmt::Display for MessageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.room.to_string().trim_start_matches('#'), self.seq)
    }
}

/// A number with or without its room: `12`, `general/12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeqRef {
    /// The room, where it was named.
    pub room: Option<RoomRef>,
    /// The number.
    pub seq: Seq,
}

impl FromStr for SeqRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('/') {
            Some((room, seq)) => Ok(Self { room: Some(room.parse()?), seq: parse_seq(seq)? }),
            None => Ok(Self { room: None, seq: parse_seq(text)? }),
        }
    }
}

fn parse_seq(text: &str) -> Result<Seq, String> {
    match text.parse::<u64>() {
        Ok(number) if number < 1 << 53 => Ok(Seq(number)),
        _ => Err("the number of a message is a whole number, for example general/12".to_owned()),
    }
}

/// A length of time as typed (`30s`, `1h30m`, a preset `low`, `normal`, `high`), in milliseconds.
///
/// # Errors
/// A sentence for the user where it is no time, or negative.
pub(super) fn parse_duration_ms(text: &str) -> Result<u64, String> {
    use chat_proto::limits;
    match text {
        "low" => return Ok(limits::TTL_LOW_MS),
        "normal" => return Ok(limits::TTL_NORMAL_MS),
        "high" => return Ok(limits::TTL_HIGH_MS),
        _ => {}
    }
    // A day is 24 hours here: jiff's duration knows no calendar, so days are turned into hours first.
    let (days, rest) = match text.split_once('d') {
        Some((days, rest)) if days.bytes().all(|b| b.is_ascii_digit()) && !days.is_empty() => {
            (days.parse::<u64>().map_err(|_| no_duration())?, rest)
        }
        _ => (0, text),
    };
    let rest_ms = if rest.is_empty() && days > 0 {
        0
    } else {
        let duration: jiff::SignedDuration = rest.parse().map_err(|_| no_duration())?;
        u64::try_from(duration.as_millis()).map_err(|_| no_duration())?
    };
    days.checked_mul(86_400_000).and_then(|ms| ms.checked_add(rest_ms)).ok_or_else(no_duration)
}

fn no_duration() -> String {
    "a time looks like 30s, 5m, 1h30m or 2d".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_named_in_three_ways() {
        let general = |text: &str| text.parse::<MessageRef>().map(|m| (m.room.to_string(), m.seq.0));
        assert_eq!(general("general/12"), Ok(("#general".to_owned(), 12)));
        assert_eq!(general("#general/12"), Ok(("#general".to_owned(), 12)));
        assert_eq!(general("R7/12"), Ok(("R7".to_owned(), 12)));
        for wrong in ["general", "general/", "/12", "general/x", "general/-1", "gen eral/1", "general/9007199254740992"]
        {
            assert!(general(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_read_with_days_and_presets() {
        for (text, ms) in
            [("30s", 30_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1d12h", 129_600_000), ("low", 30_000)]
        {
            assert_eq!(parse_duration_ms(text), Ok(ms), "{text}");
        }
        for wrong in ["", "5", "-5s", "abc", "99999999999999999999d", "d"] {
            assert!(parse_duration_ms(wrong).is_err(), "{wrong}");
        }
    }
}
