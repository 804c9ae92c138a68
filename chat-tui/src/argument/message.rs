//! A message as typed: `general/12`, or its number alone. Pure: must not know whether it is there.

#![deny(clippy::disallowed_methods)]

use std::fmt;
use std::str::FromStr;

use chat_proto::ids::Seq;

use super::room::RoomRef;

/// A message as typed: a room and a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// Its room.
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
pub struct SeqRef {
    /// The room, if it was named.
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
}
