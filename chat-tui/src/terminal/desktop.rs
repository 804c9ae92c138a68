//! What goes past the cells: bell, notifications, the clipboard. Takes only text that cannot steer the terminal.

use std::io::{self, Write, stdout};

use base64::Engine;

use super::Capabilities;
use crate::text::SafeText;

/// Rings the bell.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn bell() -> io::Result<()> {
    send(b"\x07")
}

/// Shows a notification (OSC 777, and OSC 9 where that is not known), with the bell for terminals that have neither.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn notification(capabilities: Capabilities, title: &SafeText, body: &SafeText) -> io::Result<()> {
    if !capabilities.is_smart {
        return bell();
    }
    // A semicolon would end a field.
    let plain = |text: &SafeText| text.as_str().replace(';', ",");
    let (title, body) = (plain(title), plain(body));
    let sequence = format!("\x1b]777;notify;{title};{body}\x07\x1b]9;{title}: {body}\x07");
    send(wrap_for_multiplexer(capabilities, &sequence).as_bytes())?;
    bell()
}

/// Puts a text on the clipboard (OSC 52).
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn clipboard(capabilities: Capabilities, text: &str) -> io::Result<()> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let sequence = format!("\x1b]52;c;{encoded}\x07");
    if capabilities.is_multiplexed {
        // tmux may keep a clipboard itself, or pass it on; whichever it is set to.
        send(sequence.as_bytes())?;
    }
    send(wrap_for_multiplexer(capabilities, &sequence).as_bytes())
}

/// A sequence that tmux is asked to pass on to its terminal.
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
