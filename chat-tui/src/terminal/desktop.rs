//! Bell, notifications and the clipboard. Takes only text that cannot steer the terminal; must not know cells.

use std::io::{self, Write, stdout};

use base64::Engine;

use super::{Capabilities, NotificationKind};
use crate::text::SafeText;

/// Rings the bell.
///
/// # Errors
/// The terminal cannot be written to.
pub fn bell() -> io::Result<()> {
    send(b"\x07")
}

/// Shows a notification, in the one way that the terminal knows.
///
/// # Errors
/// The terminal cannot be written to.
pub fn notification(kind: NotificationKind, title: &SafeText, body: &SafeText) -> io::Result<()> {
    send(notification_sequence(kind, title, body).as_bytes())
}

fn notification_sequence(kind: NotificationKind, title: &SafeText, body: &SafeText) -> String {
    // A semicolon would end the field.
    let plain = |text: &SafeText| text.as_str().replace(';', ",");
    let (title, body) = (plain(title), plain(body));
    match kind {
        NotificationKind::TitleAndText => format!("\x1b]777;notify;{title};{body}\x07"),
        NotificationKind::Text => format!("\x1b]9;{title}: {body}\x07"),
        NotificationKind::Bell => "\x07".to_owned(),
    }
}

/// Copies a text to the clipboard (OSC 52).
///
/// # Errors
/// The terminal cannot be written to.
pub fn clipboard(capabilities: Capabilities, text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let sequence = format!("\x1b]52;c;{encoded}\x07");
    if capabilities.is_multiplexed {
        // tmux keeps the clipboard itself or passes it on, depending on its settings.
        send(sequence.as_bytes())?;
    }
    send(wrap_for_multiplexer(capabilities, &sequence).as_bytes())
}

/// Wraps a sequence so that tmux passes it on to its terminal.
fn wrap_for_multiplexer(capabilities: Capabilities, sequence: &str) -> String {
    if capabilities.is_multiplexed {
        format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
    } else {
        sequence.to_owned()
    }
}

fn send(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_sent_once() {
        let (title, body) = (SafeText::line("ana in #ops"), SafeText::line("door; 4417"));
        let sent = |kind| notification_sequence(kind, &title, &body);
        assert_eq!(sent(NotificationKind::TitleAndText), "\x1b]777;notify;ana in #ops;door, 4417\x07");
        assert_eq!(sent(NotificationKind::Text), "\x1b]9;ana in #ops: door, 4417\x07");
        assert_eq!(sent(NotificationKind::Bell), "\x07");
    }
}
