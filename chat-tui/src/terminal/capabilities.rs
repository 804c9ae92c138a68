//! Derives the terminal's capabilities from its environment. Must not know the terminal itself. Pure.

#![deny(clippy::disallowed_methods)]

/// The capabilities of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it runs inside tmux or screen, which pass on only the sequences they know.
    pub is_multiplexed: bool,
    /// Whether it supports more than text: titles, colours, modes.
    pub is_smart: bool,
    /// How it shows notifications.
    pub notification: NotificationKind,
}

/// How a terminal is asked for a notification. Only one way is used: a terminal that knows two would show it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationKind {
    /// OSC 777, with a title and a text.
    TitleAndText,
    /// OSC 9, with a text.
    Text,
    /// The bell, for terminals that are not known to show notifications.
    Bell,
}

/// Terminals that know OSC 777 and OSC 9, by a part of `TERM` or by `TERM_PROGRAM`.
const TITLE_AND_TEXT: [&str; 6] = ["foot", "ghostty", "rxvt-unicode", "WezTerm", "wezterm", "WarpTerminal"];
const TEXT: [&str; 2] = ["kitty", "iTerm.app"];

/// The variables that describe a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `TERM_PROGRAM`.
    pub term_program: Option<&'a str>,
    /// `TMUX`.
    pub tmux: Option<&'a str>,
    /// `STY`.
    pub sty: Option<&'a str>,
}

impl Capabilities {
    /// Returns the capabilities of a terminal in this environment.
    pub fn of(environment: Environment<'_>) -> Self {
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        let is_multiplexed = is_set(environment.tmux) || is_set(environment.sty);
        let is_smart = !matches!(environment.term, None | Some("" | "dumb" | "linux"));
        Self { is_multiplexed, is_smart, notification: NotificationKind::of(environment, is_multiplexed) }
    }
}

impl NotificationKind {
    /// A multiplexer passes on the bell; by default it drops notifications, and the variables it inherited may be those
    /// of a terminal that is no longer there.
    fn of(environment: Environment<'_>, is_multiplexed: bool) -> Self {
        let (term, program) = (environment.term.unwrap_or_default(), environment.term_program.unwrap_or_default());
        let is_among = |known: &[&str]| known.iter().any(|name| term.contains(name) || program == *name);
        match is_multiplexed {
            false if is_among(&TITLE_AND_TEXT) => Self::TitleAndText,
            false if is_among(&TEXT) => Self::Text,
            true | false => Self::Bell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_to_notify_is_chosen_for_each_terminal() {
        let kind = |term, term_program, tmux| {
            Capabilities::of(Environment { term: Some(term), term_program, tmux, sty: None }).notification
        };
        assert_eq!(kind("foot", None, None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-256color", Some("WezTerm"), None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-ghostty", Some("ghostty"), None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-kitty", None, None), NotificationKind::Text);
        assert_eq!(kind("xterm-256color", Some("iTerm.app"), None), NotificationKind::Text);
        assert_eq!(kind("xterm-256color", None, None), NotificationKind::Bell);
        assert_eq!(kind("tmux-256color", Some("WezTerm"), Some("/tmp/tmux,1,0")), NotificationKind::Bell);
    }
}
