//! The servers that a person has used by hand, latest first, in a file. Must not know which of them is chosen, or why.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Servers that are remembered.
const SERVERS_MAX: usize = 50;

/// A server that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedServer {
    /// The profile that named it, if one did.
    pub profile: Option<String>,
    /// The name under which things of this server are kept.
    pub server: String,
    /// The account that was signed in.
    pub account: String,
    /// When it was used last, in milliseconds since 1970.
    pub used_at: i64,
}

impl UsedServer {
    fn is_at(&self, other: &Self) -> bool {
        (&self.profile, &self.server) == (&other.profile, &other.server)
    }
}

/// The servers that were used.
#[derive(Debug)]
pub struct UsedServers {
    path: PathBuf,
    content: Content,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    #[serde(default)]
    servers: Vec<UsedServer>,
}

impl UsedServers {
    /// Reads the file; none if it is missing or damaged, as nothing but convenience is lost.
    pub fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let content = toml::from_str(&text).unwrap_or_default();
        Self { path, content }
    }

    /// Returns them, latest first.
    pub fn all(&self) -> &[UsedServer] {
        &self.content.servers
    }

    /// Notes the use of a server.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, used: UsedServer) -> io::Result<()> {
        let servers = &mut self.content.servers;
        servers.retain(|known| !known.is_at(&used));
        servers.insert(0, used);
        servers.truncate(SERVERS_MAX);
        let text = toml::to_string(&self.content).expect("invariant: a list of strings and numbers is TOML");
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = self.path.with_extension(format!("new-{}", std::process::id()));
        std::fs::write(&new, text)?;
        std::fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(profile: Option<&str>, server: &str, used_at: i64) -> UsedServer {
        UsedServer { profile: profile.map(Into::into), server: server.into(), account: "ana".into(), used_at }
    }

    #[test]
    fn the_latest_comes_first_and_each_server_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = || UsedServers::read(folder.path().join("state/servers.toml"));
        assert_eq!(read().all(), []);
        read().add(used(None, "local:/data", 1)).expect("written");
        read().add(used(Some("work"), "ws://h/", 2)).expect("written");
        read().add(used(None, "local:/data", 3)).expect("written");
        assert_eq!(read().all(), [used(None, "local:/data", 3), used(Some("work"), "ws://h/", 2)]);
        for at in 0..100 {
            read().add(used(None, &format!("ws://h{at}/"), at)).expect("written");
        }
        assert_eq!(read().all().len(), SERVERS_MAX);
        std::fs::write(folder.path().join("state/servers.toml"), "= nonsense").expect("written");
        assert_eq!(read().all(), []);
    }
}
