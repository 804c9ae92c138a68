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

/// The maximum number of lines of a file.
const LINES_MAX: usize = 430;
/// Meaningless file names.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "imp"];

/// The server's modules, each with those it may import.
const SERVER: &[(&str, &[&str])] = &[
    ("access", &[]),
    ("post_digest", &[]),
    ("tasks", &[]),
    ("reply", &["tasks"]),
    ("histogram", &[]),
    ("stored", &[]),
    ("byte_size", &[]),
    ("live", &["byte_size", "histogram", "limits", "post_digest", "reply", "stored", "tasks"]),
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
    ("output", &[]),
    ("manual", &["output"]),
    ("doctor", &["byte_size", "cli", "clock", "live", "output", "server", "store", "transport"]),
    ("progress_line", &[]),
    ("backup", &["byte_size", "cli", "output", "progress_line", "store"]),
    ("clock", &[]),
    ("prune", &["cli", "clock", "output", "progress_line", "server", "store"]),
    ("service_manager", &[]),
    ("reload", &["config", "server", "service_manager", "telemetry"]),
    (
        "wiring",
        &["clock", "config", "live", "reload", "server", "shutdown", "store", "tasks", "telemetry", "transport"],
    ),
    ("fatal", &["wiring"]),
    ("held_signals", &[]),
    (
        "foreground",
        &[
            "cli",
            "config",
            "doctor",
            "fatal",
            "output",
            "held_signals",
            "reload",
            "service_manager",
            "shutdown",
            "telemetry",
            "transport",
            "wiring",
        ],
    ),
];

/// The client's modules, each with those it may import.
const CLIENT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("theme", &["text"]),
    ("action", &[]),
    ("argument", &[]),
    ("catch_up", &[]),
    ("link_event", &[]),
    ("keymap", &["action", "text"]),
    ("terminal", &["keymap", "text"]),
    ("config", &["text"]),
    ("net", &["catch_up", "link_event", "text"]),
    ("cache", &["app", "text"]),
    ("local", &["text"]),
    ("app", &["action", "argument", "catch_up", "link_event", "text"]),
    ("view", &["action", "app", "text", "theme"]),
    ("runtime", &["action", "app", "cache", "keymap", "link_event", "net", "terminal", "text", "theme", "view"]),
    ("cli", &["argument", "config", "keymap", "link_event", "local", "net", "runtime", "text", "theme"]),
];

/// Crates, or names in them, and the only places that may name them; a `*` at the end stands for any rest.
const PLACES: &[(&str, &str, &[&str])] = &[
    ("chat-server/src", "rusqlite", &["chat-server/src/store/sqlite"]),
    ("chat-server/src", "redis", &["chat-server/src/live/redis"]),
    ("chat-server/src", "listenfd", &["chat-server/src/transport/inherited.rs"]),
    ("chat-server/src", "sd_notify", &["chat-server/src/service_manager.rs"]),
    ("chat-server/src", "hyper", &["chat-server/src/transport"]),
    ("chat-server/src", "tokio_tungstenite", &["chat-server/src/transport"]),
    ("chat-server/src", "chat_proto::codec::encode*", &["chat-server/src/connection/json_door.rs"]),
    (
        "chat-server/src",
        "chat_proto::codec::decode*",
        &["chat-server/src/connection/json_door.rs", "chat-server/src/connection/tests.rs"],
    ),
    // The lines of `--json`. Pages are cut with `wire_size`, which keeps no text.
    (
        "chat-server/src",
        "chat_proto::codec::to_*",
        &["chat-server/src/backup.rs", "chat-server/src/doctor/check.rs", "chat-server/src/prune.rs"],
    ),
    ("chat-server/src", "chat_proto::codec::from_*", &[]),
    ("chat-server/src", "serde_json", &["chat-server/src/stored"]),
    ("chat-tui/src", "rusqlite", &["chat-tui/src/cache"]),
    ("chat-tui/src", "crossterm", &["chat-tui/src/terminal"]),
    ("chat-tui/src", "termina", &["chat-tui/src/terminal"]),
    // A link's number travels as the colour of an underline.
    ("chat-tui/src", "ratatui::style::Color", &["chat-tui/src/theme", "chat-tui/src/text/links.rs"]),
    ("chat-tui/src", "chat_server", &["chat-tui/src/local"]),
    ("chat-tui/src", "tokio_tungstenite", &["chat-tui/src/net"]),
    ("chat-proto/src", "serde_json", &["chat-proto/src/codec.rs", "chat-proto/src/fault.rs"]),
];

/// Crates and modules that each folder must not know at all.
const UNKNOWN: &[(&str, &[&str])] = &[
    (
        "chat-proto/src",
        &["tokio", "hyper", "rusqlite", "redis", "ratatui", "crossterm", "tracing", "std::time", "std::fs"],
    ),
    ("chat-server/src", &["chat_tui", "ratatui", "crossterm"]),
    ("chat-tui/src/net", &["chat_server"]),
];

/// Layered modules: their folder and its layers, lowest first. None may know a layer above it. In `app`, the model belongs
/// to `routing`, so that no part can ask for all of it.
const LAYERS: &[(&str, &[&str])] = &[("chat-tui/src/app", &["state", "parts", "routing"])];
/// Folders of plain data: constructors and questions, no methods that change it.
const DATA: &[&str] = &["chat-tui/src/app/state/"];

/// Checks the direction of imports between layers.
pub(crate) fn layers(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (folder, layers) in LAYERS {
            let layer_of = |file: &str| {
                let (layer, _) = file.strip_prefix(folder)?.strip_prefix('/')?.split_once('/')?;
                layers.iter().position(|name| *name == layer)
            };
            let Some(layer) = layer_of(&path) else { continue };
            for target in tree.modules[number].paths() {
                let Target::Within { module, through, .. } = tree.resolve(number, target) else { continue };
                for passed in through.into_iter().chain([module]) {
                    let above = layer_of(&tree.modules[passed].file.to_string_lossy()).filter(|above| *above > layer);
                    found.extend(above.map(|above| {
                        Violation::new(&path, format!("{} must not know {}", layers[layer], layers[above]))
                    }));
                }
            }
        }
    }
    found.into_iter().collect()
}

/// Checks the direction of imports.
pub(crate) fn arrows(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (crate_path, modules) in [("chat-server/src", SERVER), ("chat-tui/src", CLIENT)] {
            // A module's own tests may import anything they need to set it up.
            let Some(module) = module_of(&path, crate_path).filter(|_| !is_test_file(&path)) else { continue };
            let Some((_, allowed)) = modules.iter().find(|(name, _)| *name == module) else {
                if !matches!(module.as_str(), "lib" | "main") {
                    found.insert(Violation::new(&path, format!("the module {module} is in no list")));
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
        for (folder, unknown) in UNKNOWN.iter().filter(|(folder, _)| path.starts_with(folder)) {
            for name in unknown.iter().filter(|name| tree.names_outside(number, name)) {
                found.insert(Violation::new(&path, format!("{folder} must not know {name}")));
            }
        }
    }
    found.into_iter().collect()
}

/// Returns whether a file holds only tests of the module around it.
fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// Returns the top-level modules a path goes through, as written and through re-exports.
fn tops(tree: &Tree, from: usize, path: &[String]) -> Vec<String> {
    let mut tops: Vec<String> =
        tree.absolute(from, path).into_iter().filter_map(|path| path.into_iter().next()).collect();
    if let Target::Within { module, through, .. } = tree.resolve(from, path) {
        let passed = through.into_iter().chain([module]);
        tops.extend(passed.filter_map(|module| tree.path(module).into_iter().next()));
    }
    tops
}

/// Checks where crates are named.
pub(crate) fn places(trees: &[Tree]) -> Vec<Violation> {
    let mut found = BTreeSet::new();
    for (tree, number, path) in modules(trees) {
        for (within, name, allowed) in PLACES.iter().filter(|(within, ..)| path.starts_with(within)) {
            let is_allowed = allowed.iter().any(|folder| path.starts_with(folder));
            if !is_allowed && tree.names_outside(number, name) {
                let what = format!("{name} belongs to {} ({within})", allowed.join(", "));
                found.insert(Violation::new(&path, what));
            }
        }
    }
    found.into_iter().collect()
}

/// Returns all modules with the paths of their files.
fn modules(trees: &[Tree]) -> impl Iterator<Item = (&Tree, usize, String)> {
    let modules = trees.iter().flat_map(|tree| (0..tree.modules.len()).map(move |number| (tree, number)));
    modules.map(|(tree, number)| (tree, number, tree.modules[number].file.to_string_lossy().into_owned()))
}

/// Checks that files which should only declare and re-export contain no more functions than their exceptions grant, and
/// that no exception grants too many.
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
            let what = format!("contains logic: {count} functions, {granted} allowed: {}", functions.join(", "));
            found.push(Violation::new(path, what));
        } else if count < granted {
            found.push(Violation::new(path, format!("has {count} functions now: update the list of exceptions")));
        }
    }
    let is_gone = |(file, _): &&(&str, usize)| !counted.contains_key(*file);
    let gone = exceptions.iter().filter(is_gone);
    found
        .extend(gone.map(|(file, _)| Violation::new(*file, "no longer exists: remove it from the list of exceptions")));
    found
}

/// Checks the form of every file.
pub(crate) fn shape(sources: &[Source]) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in sources {
        let path = source.path.to_string_lossy().into_owned();
        let mut report = |what: String| found.push(Violation { path: path.clone(), what });
        if !source.text.starts_with("//!") {
            report("does not begin with a `//!` comment".into());
        }
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            report(format!("has {lines} lines; split it by idea"));
        }
        let stem = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if EMPTY_NAMES.contains(&stem.as_str()) {
            report("has a meaningless name".into());
        }
        if DATA.iter().any(|folder| path.starts_with(folder)) && source.text.contains("&mut self") {
            report("is plain data, but has a method that changes it".into());
        }
        let words = source.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        if claims_purity(&words.collect::<Vec<_>>().join(" "))
            && !path.starts_with("tests/")
            && !source.text.contains("#![deny(clippy::disallowed_methods)]")
        {
            report("claims to be pure, but does not deny impure methods".into());
        }
    }
    found
}

/// Returns whether the opening comment claims purity: `Pure.`, `PURE;`, `Pure: …` at the start of a sentence.
fn claims_purity(words: &str) -> bool {
    let claim = regex::Regex::new(r"(?i)(?:^|[.:;,]\s+)pure\s*[.:;,]").expect("a pattern");
    claim.is_match(words)
}

fn module_of(path: &str, crate_path: &str) -> Option<String> {
    let rest = path.strip_prefix(crate_path)?.strip_prefix('/')?;
    Some(rest.split('/').next()?.trim_end_matches(".rs").to_owned())
}
