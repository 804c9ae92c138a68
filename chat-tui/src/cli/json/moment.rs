//! A time as `--json` prints it. Must not know time zones.

use chat_proto::time::UnixMillis;
use serde::{Serialize, Serializer};

/// A time that serialises as RFC 3339 in UTC with milliseconds: `2026-11-19T14:02:07.120Z`.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Moment(UnixMillis);

impl From<UnixMillis> for Moment {
    fn from(at: UnixMillis) -> Self {
        Self(at)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timestamp = jiff::Timestamp::from_millisecond(self.0.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        serializer.collect_str(&format_args!("{timestamp:.3}"))
    }
}
