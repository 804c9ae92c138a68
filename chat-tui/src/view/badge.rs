//! The badge behind a room's name: mentions with the time that is left, unread messages, the lifetime of the room's
//! messages. Must not know where it is drawn.

use chat_proto::time::UnixMillis;

use super::{draw, time};
use crate::app::{Reading, Room};
use crate::text::width;
use crate::theme::Role;

/// Returns the badge: as much of it as fits beside the whole name, but at least the mentions or the unread count. `now` is
/// the time by the server's clock.
pub(super) fn badge(room: &Room, now: UnixMillis, columns: usize) -> (String, Role) {
    let (forms, role) = forms(room, now);
    let shortest = forms.last().cloned().unwrap_or_default();
    (forms.into_iter().find(|form| width(form) <= columns).unwrap_or(shortest), role)
}

/// Returns the forms of the badge, the longest first.
fn forms(room: &Room, now: UnixMillis) -> (Vec<String>, Role) {
    let reading = &room.reading;
    match (reading.mentions(), reading.unread(), room.info.default_ttl_ms) {
        (0, 0, None) => (Vec::new(), Role::Text),
        // The input box shows the lifetime too: the name has priority.
        (0, 0, Some(ttl_ms)) => (vec![time::span(ttl_ms), String::new()], Role::RoomMark),
        (0, unread, _) => (vec![draw::count(unread)], Role::BadgeUnread),
        (mentions, unread, _) => (mention_forms(mentions, unread, countdown(reading, now)), Role::BadgeMention),
    }
}

fn mention_forms(mentions: u32, unread: u32, countdown: Option<String>) -> Vec<String> {
    let mention = format!("@{}", draw::count(mentions));
    let both = (unread > mentions).then(|| format!("{mention} {}", draw::count(unread)));
    let Some(countdown) = countdown else { return both.into_iter().chain([mention]).collect() };
    let both = both.map(|both| format!("{both} {countdown}"));
    both.into_iter().chain([format!("{mention} {countdown}"), format!("@{countdown}")]).collect()
}

/// Formats the time until the first unread mention expires: `◷24s`; `None` if none does.
pub(super) fn countdown(reading: &Reading, now: UnixMillis) -> Option<String> {
    reading.mention_expiry().map(|end| format!("◷{}", time::brief_countdown(end.since_ms(now))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_come_with_what_fits() {
        assert_eq!(mention_forms(1, 201, None), ["@1 201", "@1"]);
        assert_eq!(mention_forms(2, 2, None), ["@2"], "all of them are mentions");
        assert_eq!(mention_forms(1, 3, Some("◷24s".into())), ["@1 3 ◷24s", "@1 ◷24s", "@◷24s"]);
    }
}
