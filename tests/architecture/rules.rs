//! The rules, over any set of sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Source;
use super::tree::{Target, Tree};

/// A rule that a file breaks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    what: String,
}

impl Violation {
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
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
    ("tasks", &[]),
    ("reply", &["tasks"]),
    ("histogram", &[]),
    ("stored", &[]),
    ("live", &["histogram", "limits", "post_digest", "reply", "stored", "tasks"]),
    ("store", &["access", "histogram", "post_digest", "reply", "stored"]),
    ("limits", &[]),
    ("push", &[]),
    ("send_queue", &["push"]),
    ("auth", &[]),
    ("presence", &["live"]),
    ("typing", &["live"]),
    ("trending", &["live"]),
    ("account", &["access", "push", "send_queue"]),
    ("room", &["access", "histogram", "push", "send_queue", "post_digest", "store", "live", "tasks"]),
    (
        "server",
        &[
            "access", "account", "auth", "limits", "live", "presence", "push", "room", "store", "tasks", "trending",
            "typing",
        ],
    ),
    (
        "connection",
        &["access", "account", "auth", "limits", "live", "presence", "push", "room", "send_queue", "server", "store"],
    ),
    ("metrics", &["histogram", "server"]),
    ("transport", &["access", "connection", "metrics", "push", "send_queue", "server", "tasks"]),
    ("config", &["limits", "live", "server", "transport"]),
    ("telemetry", &["config", "server"]),
    ("shutdown", &["server"]),
    ("cli", &["config"]),
    ("doctor", &["cli", "live", "store", "transport"]),
    ("clock", &[]),
    ("wiring", &["clock", "config", "live", "server", "shutdown", "store", "tasks", "telemetry", "transport"]),
    ("foreground", &["cli", "config", "shutdown", "telemetry", "wiring"]),
];

/// The client's modules, each with those it may import.
const CLIENT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("theme", &[]),
    ("action", &[]),
    ("argument", &[]),
    ("catch_up", &[]),
    ("link_event", &[]),
    ("keymap", &["action"]),
    ("terminal", &["keymap", "text"]),
    ("config", &[]),
    ("net", &["catch_up", "link_event"]),
    ("cache", &["app"]),
    ("local", &[]),
    ("app", &["action", "argument", "catch_up", "link_event", "text"]),
    ("view", &["action", "app", "text", "theme"]),
    ("runtime", &["action", "app", "cache", "keymap", "link_event", "net", "terminal", "text", "theme", "view"]),
    ("cli", &["argument", "config", "keymap", "link_event", "local", "net", "runtime", "text", "theme"]),
];

/// Crates and the only places that may name them.
const PLACES: &[(&str, &str, &[&str])] = &[
    ("chat-server/src", "rusqlite", &["chat-server/src/store/sqlite"]),
    ("chat-server/src", "redis", &["chat-server/src/live/redis"]),
    ("chat-server/src", "hyper", &["chat-server/src/transport"]),
    ("chat-server/src", "tokio_tungstenite", &["chat-server/src/transport"]),
    ("chat-server/src", "codec::encode", &["chat-server/src/connection/json_door.rs"]),
    ("chat-server/src", "codec::decode_client", &["chat-server/src/connection/json_door.rs"]),
    ("chat-server/src", "serde_json", &["chat-server/src/stored"]),
    ("chat-tui/src", "rusqlite", &["chat-tui/src/cache"]),
    ("chat-tui/src", "crossterm", &["chat-tui/src/terminal"]),
    ("chat-tui/src", "ratatui::style::Color", &["chat-tui/src/theme"]),
    ("chat-tui/src", "chat_server", &["chat-tui/src/local"]),
    ("chat-tui/src", "tokio_tungstenite", &["chat-tui/src/net"]),
    ("chat-proto/src", "serde_json", &["chat-proto/src/codec.rs", "chat-proto/src/fault.rs"]),
];

/// What each crate must not know at all.
const UNKNOWN: &[(&str, &[&str])] = &[
    (
        "chat-proto/src",
        &["tokio", "hyper", "rusqlite", "redis", "ratatui", "crossterm", "tracing", "std::time", "std::fs"],
    ),
    ("chat-server/src", &["chat_tui", "ratatui", "crossterm"]),
    ("chat-tui/src/net", &["chat_server"]),
];

/// Modules that stand on floors: their folder and its subfolders, lowest first. None may know a floor above it.
const FLOORS: &[(&str, &[&str])] = &[("chat-tui/src/app", &["state", "parts", "routing"])];

/// Which way imports point between floors.
pub(crate) fn floors(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (folder, floors) in FLOORS {
            let floor_of = |file: &str| {
                let (floor, _) = file.strip_prefix(folder)?.strip_prefix('/')?.split_once('/')?;
                floors.iter().position(|name| *name == floor)
            };
            let Some(floor) = floor_of(&path) else { continue };
            for target in tree.modules[number].paths() {
                let Target::Within { module, through, .. } = tree.resolve(number, target) else { continue };
                for passed in through.into_iter().chain([module]) {
                    let above = floor_of(&tree.modules[passed].file.to_string_lossy()).filter(|above| *above > floor);
                    found.extend(above.map(|above| {
                        Violation::new(&path, format!("{} must not know {}", floors[floor], floors[above]))
                    }));
                }
            }
        }
    }
    found.into_iter().collect()
}

/// Which way imports point.
pub(crate) fn arrows(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (crate_path, modules) in [("chat-server/src", SERVER), ("chat-tui/src", CLIENT)] {
            // A part's own tests may take what they need to set it up.
            let Some(module) = module_of(&path, crate_path).filter(|_| !path.contains("/tests/")) else { continue };
            let Some((_, allowed)) = modules.iter().find(|(name, _)| *name == module) else {
                if !matches!(module.as_str(), "lib" | "main") {
                    found.insert(Violation::new(&path, format!("the module {module} has no place")));
                }
                continue;
            };
            for target in tree.modules[number].paths().flat_map(|path| tops(tree, number, path)) {
                let is_module = target != module && modules.iter().any(|(name, _)| *name == target);
                if is_module && !allowed.contains(&target.as_str()) {
                    found.insert(Violation::new(&path, format!("{module} must not know {target}")));
                }
            }
        }
        for (place, unknown) in UNKNOWN.iter().filter(|(place, _)| path.starts_with(place)) {
            for name in unknown.iter().filter(|name| tree.names_outside(number, name)) {
                found.insert(Violation::new(&path, format!("{place} must not know {name}")));
            }
        }
    }
    found.into_iter().collect()
}

/// The modules below the root through which a path goes: as it is written, and as its re-exports lead on.
fn tops(tree: &Tree, from: usize, path: &[String]) -> Vec<String> {
    let mut tops: Vec<String> =
        tree.absolute(from, path).into_iter().filter_map(|path| path.into_iter().next()).collect();
    if let Target::Within { module, through, .. } = tree.resolve(from, path) {
        let passed = through.into_iter().chain([module]);
        tops.extend(passed.filter_map(|module| tree.path(module).into_iter().next()));
    }
    tops
}

/// Where a crate may be named.
pub(crate) fn places(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (within, name, allowed) in PLACES.iter().filter(|(within, ..)| path.starts_with(within)) {
            let is_allowed = allowed.iter().any(|place| path.starts_with(place));
            if !is_allowed && tree.names_outside(number, name) {
                let what = format!("{name} belongs to {} ({within})", allowed.join(", "));
                found.insert(Violation::new(&path, what));
            }
        }
    }
    found.into_iter().collect()
}

/// All modules, with the paths of their files.
fn modules(trees: &[Tree]) -> impl Iterator<Item = (&Tree, usize, String)> {
    let modules = trees.iter().flat_map(|tree| (0..tree.modules.len()).map(move |number| (tree, number)));
    modules.map(|(tree, number)| (tree, number, tree.modules[number].file.to_string_lossy().into_owned()))
}

/// Functions with a body in files that only declare and re-export, where no exception grants so many; and exceptions
/// that grant more than there are.
pub(crate) fn logic(trees: &[Tree], exceptions: &[(&str, usize)]) -> Vec<Violation> {
    let mut counted: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (tree, number, path) in
        modules(trees).filter(|(.., path)| path.ends_with("/mod.rs") || path.ends_with("/lib.rs"))
    {
        let module = &tree.modules[number];
        let functions = module.part.functions.iter().filter(|_| !module.is_test);
        counted.entry(path).or_default().extend(functions.map(String::as_str));
    }
    let mut found = Vec::new();
    for (path, functions) in &counted {
        let granted = exceptions.iter().find(|(file, _)| file == path).map_or(0, |(_, granted)| *granted);
        let count = functions.len();
        if count > granted {
            let what = format!("holds logic, {count} functions where {granted} may be: {}", functions.join(", "));
            found.push(Violation::new(path, what));
        } else if count < granted {
            found.push(Violation::new(path, format!("has {count} functions now: say so in the list of exceptions")));
        }
    }
    let is_gone = |(file, _): &&(&str, usize)| !counted.contains_key(*file);
    let gone = exceptions.iter().filter(is_gone);
    found.extend(gone.map(|(file, _)| Violation::new(*file, "is gone: take it off the list of exceptions")));
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
        let words = source.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        if claims_purity(&words.collect::<Vec<_>>().join(" "))
            && !path.starts_with("tests/")
            && !source.text.contains("#![deny(clippy::disallowed_methods)]")
        {
            report("says it is pure, but does not deny what is not".into());
        }
    }
    found
}

/// True if the first words of a file claim that it is pure: `Pure.`, `PURE;`, `Pure: …` as the beginning of a sentence.
fn claims_purity(words: &str) -> bool {
    let claim = regex::Regex::new(r"(?i)(?:^|[.:;,]\s+)pure\s*[.:;,]").expect("a pattern");
    claim.is_match(words)
}

fn module_of(path: &str, crate_path: &str) -> Option<String> {
    let rest = path.strip_prefix(crate_path)?.strip_prefix('/')?;
    Some(rest.split('/').next()?.trim_end_matches(".rs").to_owned())
}
