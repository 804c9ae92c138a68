//! What breaks a rule today and may do so until it is cut. These lists only become shorter: a test fails for an entry
//! that is no longer needed, too.

/// Circles of files: the folder that holds them, and the files that need each other.
pub(crate) const CIRCLES: &[(&str, &[&str])] = &[
    ("chat-proto/src", &["client_frame.rs", "codec.rs", "request.rs"]),
    ("chat-server/src/live/redis", &["connect.rs", "error.rs", "operation.rs", "options.rs", "rights.rs"]),
    ("chat-server/src/live/redis", &["bulk.rs", "store.rs"]),
    ("chat-server/src/room", &["actor.rs", "compensation.rs", "live_sync.rs", "registry.rs"]),
    (
        "chat-server/src/session",
        &[
            "app.rs",
            "connection.rs",
            "dispatch.rs",
            "handlers/account.rs",
            "handlers/change.rs",
            "handlers/live.rs",
            "handlers/members.rs",
            "handlers/page.rs",
            "handlers/people.rs",
            "handlers/post.rs",
            "handlers/rooms.rs",
            "hello.rs",
            "limiter.rs",
            "service.rs",
            "sign_in_limiter.rs",
        ],
    ),
    ("chat-server/src/store/sqlite", &["items.rs", "members.rs", "rooms.rs"]),
    ("chat-server/src/trending", &["trend.rs", "trend/uses.rs"]),
    ("chat-tui/src/cli", &["command/completions.rs", "command/man.rs", "command/mod.rs", "main.rs"]),
    ("chat-tui/src/cli/command", &["send.rs", "send_stream.rs"]),
    ("chat-tui/src/net/link", &["handle.rs", "task.rs"]),
    (
        "chat-tui/src/view",
        &[
            "bar.rs",
            "composer.rs",
            "layout.rs",
            "mod.rs",
            "overlay/mod.rs",
            "overlay/switcher.rs",
            "people.rs",
            "rooms.rs",
            "timeline.rs",
        ],
    ),
];

/// Files that should only declare and re-export, with how many functions they hold.
pub(crate) const LOGIC: &[(&str, usize)] =
    &[("chat-tui/src/cli/command/mod.rs", 4), ("chat-tui/src/view/mod.rs", 1), ("chat-tui/src/view/overlay/mod.rs", 1)];
