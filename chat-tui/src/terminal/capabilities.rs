//! Derives the terminal's capabilities from its environment. Must not know the terminal itself. Pure.

#![deny(clippy::disallowed_methods)]

/// The capabilities of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it runs inside tmux or screen, which pass on only the sequences they know.
    pub is_multiplexed: bool,
    /// Whether it supports more than text: titles, colours, modes.
    pub is_smart: bool,
    /// Whether it may know links (OSC 8); others ignore them.
    pub knows_links: bool,
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
    /// `TERM_PROGRAM_VERSION`.
    pub term_program_version: Option<&'a str>,
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
        let knows_links = is_smart && !is_set(environment.sty) && !is_tmux_without_links(environment);
        Self { is_multiplexed, is_smart, knows_links, notification: NotificationKind::of(environment, is_multiplexed) }
    }
}

/// Whether it is tmux before 3.4, which drops links. Later ones keep them, and pass them on to terminals of which they
/// know that they understand links (the feature `hyperlinks`).
fn is_tmux_without_links(environment: Environment<'_>) -> bool {
    let mut numbers = environment.term_program_version.unwrap_or_default().split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..digits].parse::<u32>().ok()
    });
    let version = (numbers.next().flatten(), numbers.next().flatten());
    let is_tmux = environment.tmux.is_some_and(|tmux| !tmux.is_empty()) && environment.term_program == Some("tmux");
    is_tmux && matches!(version, (Some(0..=2), _) | (Some(3), Some(0..=3)))
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
            Capabilities::of(Environment { term: Some(term), term_program, tmux, ..Environment::default() })
                .notification
        };
        assert_eq!(kind("foot", None, None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-256color", Some("WezTerm"), None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-ghostty", Some("ghostty"), None), NotificationKind::TitleAndText);
        assert_eq!(kind("xterm-kitty", None, None), NotificationKind::Text);
        assert_eq!(kind("xterm-256color", Some("iTerm.app"), None), NotificationKind::Text);
        assert_eq!(kind("xterm-256color", None, None), NotificationKind::Bell);
        assert_eq!(kind("tmux-256color", Some("WezTerm"), Some("/tmp/tmux,1,0")), NotificationKind::Bell);
    }

    #[test]
    fn links_are_sent_where_they_may_be_understood() {
        let knows = |term, term_program: Option<&'static str>, term_program_version, sty| {
            let (term, tmux) = (Some(term), term_program.and(Some("/tmp/tmux,1,0")));
            Capabilities::of(Environment { term, term_program, term_program_version, tmux, sty }).knows_links
        };
        let tmux = |version| knows("tmux-256color", Some("tmux"), Some(version), None);
        assert_eq!(
            ["2.9", "3.3a", "3.4", "3.5a", "next-3.6", "10.0"].map(tmux),
            [false, false, true, true, true, true]
        );
        assert!(knows("xterm-256color", None, None, None));
        assert!(knows("xterm-256color", Some("vscode"), Some("1.2.3"), None));
        assert!(!knows("linux", None, None, None));
        assert!(!knows("screen", None, None, Some("7.pts-0")));
    }
}
