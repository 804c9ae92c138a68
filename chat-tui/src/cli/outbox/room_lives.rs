//! Which rooms keep messages and in which they expire by default, as last seen: what `run` may write to disk while the server
//! cannot be asked. Must not know posts.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use chat_proto::room::Room;
use serde::{Deserialize, Serialize};

use super::folder::OutboxFolder;
use crate::argument::RoomRef;

/// The life of messages in a room by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum RoomLife {
    /// They are kept.
    Persistent,
    /// They expire.
    Ephemeral,
}

impl RoomLife {
    /// The life in `room`.
    pub fn of(room: &Room) -> Self {
        if room.default_ttl_ms.is_some() { Self::Ephemeral } else { Self::Persistent }
    }
}

/// Rooms that are no longer seen are forgotten beyond this many.
const ROOMS_MAX: usize = 4_000;

type Lives = BTreeMap<String, RoomLife>;

/// Returns the life in a room as last seen; `None` if it never was.
pub(in crate::cli) fn room_life(folder: &OutboxFolder, room: &RoomRef) -> Option<RoomLife> {
    read(folder).get(&room.to_string()).copied()
}

/// Remembers rooms that are seen now. If that cannot be written, less is known later.
pub(in crate::cli) fn remember_rooms<'a>(folder: &OutboxFolder, rooms: impl Iterator<Item = &'a Room>) {
    let seen: Lives = rooms
        .flat_map(|room| {
            let name = room.name.as_ref().map(|name| format!("#{name}"));
            name.into_iter().chain([room.id.to_string()]).map(|typed| (typed, RoomLife::of(room)))
        })
        .collect();
    let known = read(folder);
    if seen.iter().all(|(room, life)| known.get(room) == Some(life)) {
        return;
    }
    let lives = if known.len() + seen.len() > ROOMS_MAX { seen } else { known.into_iter().chain(seen).collect() };
    if let Err(error) = write(folder, &lives) {
        tracing::debug!(%error, "the rooms cannot be remembered");
    }
}

fn read(folder: &OutboxFolder) -> Lives {
    let bytes = std::fs::read(folder.path().join("rooms.json")).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn write(folder: &OutboxFolder, lives: &Lives) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.path())?;
    let new = folder.path().join(format!("rooms.new-{}", std::process::id()));
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec(lives).expect("invariant: a map of names is JSON"))?;
    std::fs::rename(&new, folder.path().join("rooms.json"))
}
