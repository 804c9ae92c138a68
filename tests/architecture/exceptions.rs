//! What breaks a rule today and may do so until it is cut. These lists only become shorter: a test fails for an entry
//! that is no longer needed, too.

/// Circles of files: the folder that holds them, and the files that need each other.
pub(crate) const CIRCLES: &[(&str, &[&str])] = &[
    ("chat-proto/src", &["client_frame.rs", "codec.rs", "request.rs"]),
    ("chat-server/src/room", &["actor.rs", "compensation.rs", "live_sync.rs", "registry.rs"]),
    ("chat-server/src/trending", &["trend.rs", "trend/uses.rs"]),
];

/// Files that should only declare and re-export, with how many functions they hold.
pub(crate) const LOGIC: &[(&str, usize)] = &[];
