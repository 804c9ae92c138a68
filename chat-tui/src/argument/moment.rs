//! Moments as typed: `1h` (ago), `14:05`, `2026-11-20`, `yesterday`. Pure: must not know the present time, which is passed in.

#![deny(clippy::disallowed_methods)]

use std::str::FromStr;

use chat_proto::time::UnixMillis;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan, Zoned};

use super::duration::duration_ms;
use super::message::SeqRef;

/// A moment as typed; it gets its meaning from the present time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This many milliseconds ago.
    Ago(u64),
    /// A time of day.
    TimeOfDay(Time),
    /// A day: today is 0, yesterday 1.
    DaysAgo(i64),
    /// A whole day.
    Day(Date),
    /// A local time on a day.
    Local(DateTime),
    /// An instant with its offset from UTC.
    Instant(Timestamp),
}

/// Where a range begins: after a message, or at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// After this message.
    Message(SeqRef),
    /// At this moment.
    Moment(Moment),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(message) = text.parse() {
            return Ok(Self::Message(message));
        }
        text.parse().map(Self::Moment).map_err(|error: String| format!("{error}, or a message such as general/12"))
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |()| "a moment looks like 1h (ago), 14:05, 2026-11-20, 2026-11-20T14:05 or yesterday".to_owned();
        match text {
            "today" => return Ok(Self::DaysAgo(0)),
            "yesterday" => return Ok(Self::DaysAgo(1)),
            _ => {}
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        match (text.contains('-'), text.contains(':')) {
            (true, true) => text.parse().map(Self::Local).map_err(drop),
            (true, false) => text.parse().map(Self::Day).map_err(drop),
            (false, true) => text.parse().map(Self::TimeOfDay).map_err(drop),
            (false, false) => duration_ms(text).map(Self::Ago).map_err(drop),
        }
        .map_err(wrong)
    }
}

impl Moment {
    /// Returns the instant at which a range begins: a time of day is the last one that has passed, a day its midnight.
    ///
    /// # Errors
    /// A clause if there is no such instant.
    pub fn beginning(&self, now: &Zoned) -> Result<UnixMillis, String> {
        let found = match self {
            Self::TimeOfDay(time) => {
                let today = local(now, now.date().to_datetime(*time))?;
                if today <= *now { today } else { local(now, day_before(now.date(), 1)?.to_datetime(*time))? }
            }
            Self::DaysAgo(days) => local(now, day_before(now.date(), *days)?.to_datetime(Time::midnight()))?,
            Self::Day(date) => local(now, date.to_datetime(Time::midnight()))?,
            Self::Ago(_) | Self::Local(_) | Self::Instant(_) => return self.exactly(now),
        };
        Ok(UnixMillis(found.timestamp().as_millisecond()))
    }

    /// Returns the instant at which a range ends: a time of day is today's, a day ends with its last millisecond.
    ///
    /// # Errors
    /// A clause if there is no such instant.
    pub fn end(&self, now: &Zoned) -> Result<UnixMillis, String> {
        let last_of = |date: Date| {
            let next = local(now, day_before(date, -1)?.to_datetime(Time::midnight()))?;
            Ok(UnixMillis(next.timestamp().as_millisecond() - 1))
        };
        match self {
            Self::TimeOfDay(time) => {
                Ok(UnixMillis(local(now, now.date().to_datetime(*time))?.timestamp().as_millisecond()))
            }
            Self::DaysAgo(days) => last_of(day_before(now.date(), *days)?),
            Self::Day(date) => last_of(*date),
            Self::Ago(_) | Self::Local(_) | Self::Instant(_) => self.exactly(now),
        }
    }

    fn exactly(&self, now: &Zoned) -> Result<UnixMillis, String> {
        let at = match self {
            Self::Ago(ms) => now.timestamp().as_millisecond().saturating_sub_unsigned(*ms),
            Self::Local(moment) => local(now, *moment)?.timestamp().as_millisecond(),
            Self::Instant(instant) => instant.as_millisecond(),
            Self::TimeOfDay(_) | Self::DaysAgo(_) | Self::Day(_) => now.timestamp().as_millisecond(),
        };
        Ok(UnixMillis(at))
    }
}

fn local(now: &Zoned, moment: DateTime) -> Result<Zoned, String> {
    moment.to_zoned(now.time_zone().clone()).map_err(|_| "there is no such moment".to_owned())
}

fn day_before(date: Date, days: i64) -> Result<Date, String> {
    date.checked_sub(days.days()).map_err(|_| "there is no such day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-21T10:00:00+01:00[Europe/Berlin]".parse().expect("a moment")
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis(text.parse::<Timestamp>().expect("an instant").as_millisecond())
    }

    #[test]
    fn a_moment_is_read_in_every_usual_form() {
        for (text, beginning, end) in [
            ("1h", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"),
            ("90", "2026-11-21T08:58:30Z", "2026-11-21T08:58:30Z"),
            ("09:30", "2026-11-21T08:30:00Z", "2026-11-21T08:30:00Z"),
            ("14:05", "2026-11-20T13:05:00Z", "2026-11-21T13:05:00Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z", "2026-11-20T22:59:59.999Z"),
            ("yesterday", "2026-11-19T23:00:00Z", "2026-11-20T22:59:59.999Z"),
            ("2026-11-20 14:05", "2026-11-20T13:05:00Z", "2026-11-20T13:05:00Z"),
            ("2026-11-20T14:05:00Z", "2026-11-20T14:05:00Z", "2026-11-20T14:05:00Z"),
        ] {
            let moment: Moment = text.parse().expect(text);
            assert_eq!((moment.beginning(&now()), moment.end(&now())), (Ok(at(beginning)), Ok(at(end))), "{text}");
        }
        for wrong in ["", "soon", "25:00", "2026-13-01", "-1h", "14h05:00"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_a_message_where_both_are_possible() {
        assert!(matches!("12".parse(), Ok(Since::Message(_))));
        assert!(matches!("general/12".parse(), Ok(Since::Message(_))));
        assert!(matches!("12s".parse(), Ok(Since::Moment(Moment::Ago(12_000)))));
        assert!("x".parse::<Since>().is_err_and(|error| error.contains("general/12")));
    }
}
