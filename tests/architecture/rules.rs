//! The rules, over any set of sources.

use std::fmt;

use super::Source;

/// A rule that a file breaks.
pub(crate) struct Violation {
    path: String,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// A file has at most so many lines.
const LINES_MAX: usize = 430;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "imp"];

/// The server's modules, each with those it may import.
const SERVER: &[(&str, &[&str])] = &[
    ("access", &[]),
    ("post_digest", &[]),
    ("reply", &[]),
    ("histogram", &[]),
    ("live", &["histogram", "limits", "post_digest", "reply"]),
    ("store", &["access", "histogram", "post_digest", "reply"]),
    ("limits", &[]),
    ("send_queue", &[]),
    ("auth", &[]),
    ("presence", &["live"]),
    ("typing", &["live"]),
    ("trending", &["live"]),
    ("account", &["access", "send_queue"]),
    ("room", &["access", "histogram", "send_queue", "post_digest", "store", "live"]),
    (
        "session",
        &[
            "access",
            "account",
            "auth",
            "limits",
            "live",
            "send_queue",
            "presence",
            "room",
            "store",
            "trending",
            "typing",
        ],
    ),
    ("metrics", &["histogram", "session"]),
    ("transport", &["access", "metrics", "session", "send_queue"]),
    ("config", &["live", "session", "transport"]),
    ("telemetry", &["config", "session"]),
    ("shutdown", &["session"]),
    ("cli", &["config"]),
    ("doctor", &["cli", "live", "store", "transport"]),
    ("clock", &[]),
    ("wiring", &["clock", "config", "live", "session", "shutdown", "store", "telemetry", "transport"]),
    ("foreground", &["cli", "config", "shutdown", "telemetry", "wiring"]),
];

/// The client's modules, each with those it may import.
const CLIENT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("theme", &[]),
    ("action", &[]),
    ("keymap", &["action"]),
    ("terminal", &["keymap", "text"]),
    ("config", &[]),
    ("net", &[]),
    ("cache", &["app"]),
    ("local", &[]),
    ("app", &["action", "text"]),
    ("view", &["action", "app", "text", "theme"]),
    ("runtime", &["action", "app", "cache", "keymap", "net", "terminal", "text", "theme", "view"]),
    ("cli", &["config", "keymap", "local", "net", "runtime", "text", "theme"]),
];

/// Crates and the only places that may name them.
const PLACES: &[(&str, &str, &[&str])] = &[
    ("chat-server/src", "rusqlite", &["chat-server/src/store/sqlite"]),
    ("chat-server/src", "redis::", &["chat-server/src/live/redis", "chat-server/src/live/mod.rs"]),
    ("chat-server/src", "hyper", &["chat-server/src/transport"]),
    ("chat-server/src", "tokio_tungstenite", &["chat-server/src/transport"]),
    ("chat-server/src", "serde_json", &["chat-server/src/telemetry.rs"]),
    ("chat-tui/src", "rusqlite", &["chat-tui/src/cache"]),
    ("chat-tui/src", "crossterm", &["chat-tui/src/terminal"]),
    ("chat-tui/src", "ratatui::style::Color", &["chat-tui/src/theme"]),
    ("chat-tui/src", "chat_server", &["chat-tui/src/local", "chat-tui/src/cli/command/serve.rs"]),
    ("chat-tui/src", "tokio_tungstenite", &["chat-tui/src/net"]),
    (
        "chat-proto/src",
        "serde_json",
        &["chat-proto/src/codec.rs", "chat-proto/src/request.rs", "chat-proto/src/server_frame.rs"],
    ),
];

/// What each crate must not know at all.
const UNKNOWN: &[(&str, &[&str])] = &[
    (
        "chat-proto/src",
        &["tokio", "hyper", "rusqlite", "redis", "ratatui", "crossterm", "tracing", "std::time", "std::fs"],
    ),
    ("chat-server/src", &["chat_tui", "ratatui", "crossterm"]),
];

/// Which way imports point.
pub(crate) fn arrows(sources: &[Source]) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in sources {
        let path = source.path.to_string_lossy().into_owned();
        for (crate_path, modules) in [("chat-server/src", SERVER), ("chat-tui/src", CLIENT)] {
            // A part's own tests may take what they need to set it up.
            let Some(module) = module_of(&path, crate_path).filter(|_| !path.contains("/tests/")) else { continue };
            let Some((_, allowed)) = modules.iter().find(|(name, _)| *name == module) else {
                if !matches!(module.as_str(), "lib" | "main") {
                    found.push(Violation { path: path.clone(), what: format!("the module {module} has no place") });
                }
                continue;
            };
            for target in imports(&source.text) {
                if target != module
                    && modules.iter().any(|(name, _)| *name == target)
                    && !allowed.contains(&target.as_str())
                {
                    found.push(Violation { path: path.clone(), what: format!("{module} must not know {target}") });
                }
            }
        }
        for (place, unknown) in UNKNOWN.iter().filter(|(place, _)| path.starts_with(place)) {
            for name in unknown.iter().filter(|name| code(&source.text).any(|line| names(line, name))) {
                found.push(Violation { path: path.clone(), what: format!("{place} must not know {name}") });
            }
        }
        if path.starts_with("chat-tui/src/net") && code(&source.text).any(|line| names(line, "chat_server")) {
            found.push(Violation { path, what: "the client's net must not know the server".into() });
        }
    }
    found
}

/// Where a crate may be named.
pub(crate) fn places(sources: &[Source]) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in sources {
        let path = source.path.to_string_lossy().into_owned();
        for (within, name, allowed) in PLACES.iter().filter(|(within, ..)| path.starts_with(within)) {
            let is_allowed = allowed.iter().any(|place| path.starts_with(place));
            if !is_allowed && code(&source.text).any(|line| names(line, name)) {
                found.push(Violation {
                    path: path.clone(),
                    what: format!("{name} belongs to {} ({within})", allowed.join(", ")),
                });
            }
        }
    }
    found
}

/// What every file looks like.
pub(crate) fn shape(sources: &[Source]) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in sources {
        let path = source.path.to_string_lossy().into_owned();
        let mut report = |what: String| found.push(Violation { path: path.clone(), what });
        if !source.text.starts_with("//!") {
            report("does not open with what it is".into());
        }
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            report(format!("has {lines} lines; split it by idea"));
        }
        let stem = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if EMPTY_NAMES.contains(&stem.as_str()) {
            report("has a name that says nothing".into());
        }
        let words: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        if words.contains("Pure.")
            && !path.starts_with("tests/")
            && !source.text.contains("#![deny(clippy::disallowed_methods)]")
        {
            report("says it is pure, but does not deny what is not".into());
        }
    }
    found
}

fn module_of(path: &str, crate_path: &str) -> Option<String> {
    let rest = path.strip_prefix(crate_path)?.strip_prefix('/')?;
    Some(rest.split('/').next()?.trim_end_matches(".rs").to_owned())
}

/// The lines of a file that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

/// The modules of the own crate that a file names.
fn imports(text: &str) -> Vec<String> {
    let mut found: Vec<String> = code(text)
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a line names a crate or path, as a whole word.
fn names(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '"' || c == '-')
            && (name.ends_with("::") || !after.is_some_and(is_word))
    })
}
