//! Formats times and durations for people. Must not know the present time.

use chat_proto::time::UnixMillis;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

fn local(at: UnixMillis, zone: &TimeZone) -> Option<Zoned> {
    Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(zone.clone()))
}

/// Formats a time as `14:02`.
pub(super) fn clock(at: UnixMillis, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "--:--".to_owned(), |at| at.strftime("%H:%M").to_string())
}

/// Returns the day of a time.
pub(super) fn day(at: UnixMillis, zone: &TimeZone) -> Option<Date> {
    local(at, zone).map(|at| at.date())
}

/// Formats a day as `Thursday 19 November`, with the year if it differs from that of `now`.
pub(super) fn day_name(day: Date, now: UnixMillis, zone: &TimeZone) -> String {
    let is_this_year = self::day(now, zone).is_some_and(|today| today.year() == day.year());
    day.strftime(if is_this_year { "%A %-d %B" } else { "%A %-d %B %Y" }).to_string()
}

/// Formats a time to the second, as `Thu 20 Nov 14:02:07`, with the year if it differs from that of `now`.
pub(super) fn moment(at: UnixMillis, now: UnixMillis, zone: &TimeZone) -> String {
    let year = |at: UnixMillis| day(at, zone).map(Date::year);
    let format = if year(at) == year(now) { "%a %-d %b %H:%M:%S" } else { "%a %-d %b %Y %H:%M:%S" };
    local(at, zone).map_or_else(String::new, |at| at.strftime(format).to_string())
}

/// Formats a duration in its largest unit: `12s`, `5m`, `2h`, `3d`.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Formats a remaining lifetime in two units, rounded up: `12s`, `4:05`, `1h 59m`, `6d 3h`. Never 0 before the end.
pub(super) fn countdown(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    let (minutes, hours) = (seconds.div_ceil(60), seconds.div_ceil(3_600));
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ if minutes < 24 * 60 => two((minutes / 60, "h"), (minutes % 60, "m")),
        _ => two((hours / 24, "d"), (hours % 24, "h")),
    }
}

/// Formats a remaining lifetime in its largest unit, rounded up: `12s`, `5m`, `2h`, `3d`. Never 0 before the end.
pub(super) fn brief_countdown(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    match seconds {
        0..=60 => format!("{seconds}s"),
        61..=3_600 => format!("{}m", seconds.div_ceil(60)),
        3_601..=86_400 => format!("{}h", seconds.div_ceil(3_600)),
        _ => format!("{}d", seconds.div_ceil(86_400)),
    }
}

fn two((large, unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit} {small}{small_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        assert_eq!([span(12_900), span(61_000), span(7_200_000), span(90_000_000)], ["12s", "1m", "2h", "1d"]);
        assert_eq!([1, 60_000, 60_001, 3_601_000, 86_401_000].map(brief_countdown), ["1s", "60s", "2m", "2h", "2d"]);
        assert_eq!([countdown(1), countdown(245_000), countdown(7_200_000)], ["1s", "4:05", "2h"]);
    }

    #[test]
    fn a_countdown_never_shows_less_than_is_left() {
        let shown = |seconds: u64| countdown(seconds * 1_000);
        assert_eq!([shown(7_199), shown(7_140), shown(5_400), shown(3_600)], ["2h", "1h 59m", "1h 30m", "1h"]);
        assert_eq!([shown(86_399), shown(86_400), shown(90_000)], ["1d", "1d", "1d 1h"]);
        assert_eq!([shown(604_800), shown(604_799), shown(600_000)], ["7d", "7d", "6d 23h"]);
    }

    #[test]
    fn days_are_named_in_the_readers_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let late = UnixMillis(1_763_677_800_000); // 2025-11-20T22:30Z
        assert_eq!(clock(late, &zone), "00:30");
        let day = day(late, &zone).expect("a day");
        assert_eq!(day_name(day, late, &zone), "Friday 21 November");
        let next_year = UnixMillis(late.0 + 90 * 86_400_000);
        assert_eq!(day_name(day, next_year, &zone), "Friday 21 November 2025");
        assert_eq!(moment(late, late, &zone), "Fri 21 Nov 00:30:00");
        assert_eq!(moment(late, next_year, &zone), "Fri 21 Nov 2025 00:30:00");
    }
}
