//! What breaks a rule today and may do so until it is cut. These lists only become shorter: a test fails for an entry
//! that is no longer needed, too.

/// Circles of files: the folder that holds them, and the files that need each other.
pub(crate) const CIRCLES: &[(&str, &[&str])] = &[
    ("chat-server/src/room", &["actor.rs", "compensation.rs", "live_sync.rs", "registry.rs"]),
    ("chat-server/src/trending", &["trend.rs", "trend/uses.rs"]),
    (
        "chat-tui/src/app",
        &[
            "answers.rs",
            "catch_up.rs",
            "commands.rs",
            "completion.rs",
            "composer.rs",
            "link.rs",
            "messages.rs",
            "model.rs",
            "mouse.rs",
            "navigation.rs",
            "outbox.rs",
            "overlay/edit_history.rs",
            "overlay/mod.rs",
            "overlay/switcher.rs",
            "persistence.rs",
            "pushes.rs",
            "reading.rs",
            "room.rs",
            "room_queues.rs",
            "timers.rs",
            "typing.rs",
            "update.rs",
        ],
    ),
    ("chat-tui/src/cache", &["mod.rs", "restore.rs", "schema.rs", "writer.rs"]),
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
pub(crate) const LOGIC: &[(&str, usize)] = &[
    ("chat-tui/src/app/overlay/mod.rs", 12),
    ("chat-tui/src/cache/mod.rs", 9),
    ("chat-tui/src/view/mod.rs", 1),
    ("chat-tui/src/view/overlay/mod.rs", 1),
];
