//! The server that the screen returns to: the one that was used last by hand. Commands never follow it. Must not know how the
//! uses are stored.

use super::context::Context;
use super::exit::CliError;
use crate::config::{UsedServer, UsedServers};
use crate::net::ServerAddress;
use crate::text::io_reason;

/// The name under which things of one's own server are kept begins like this.
const OWN: &str = "local:";

impl Context {
    /// Returns the servers that were used by hand, latest first.
    pub fn used_servers(&self) -> UsedServers {
        UsedServers::read(self.paths.used_servers())
    }

    /// Remembers a server that is used by hand: the screen returns to it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn remember_server(&self, address: &ServerAddress, account: &str) -> Result<(), CliError> {
        let (profile, server) = (self.profile_in_use().map(str::to_owned), self.server_name(address));
        let used = UsedServer { profile, server, account: account.to_owned(), used_at: Self::now().0 };
        self.used_servers().add(used).map_err(|error| {
            let reason = io_reason(&error);
            CliError::failed(format!("the screen will not return to this server: cannot write its name: {reason}"))
        })
    }

    /// Returns the same at the server that was used last by hand, unless one is named. The second value says so if commands
    /// use another one.
    pub fn at_last_server(&self) -> (Self, Option<String>) {
        let used = self.used_servers();
        let Some(last) = used.all().first().filter(|_| !self.is_server_named()) else { return (self.clone(), None) };
        let mut there = self.clone();
        match &last.profile {
            Some(profile) if self.settings.profiles.contains_key(profile) => {
                there.globals.profile = Some(profile.clone());
            }
            Some(_) | None if is_of_this_machine(&last.server) => there.globals.local = true,
            Some(_) | None => there.globals.server = Some(last.server.clone()),
        }
        let place = there.named_address();
        if place == self.named_address() {
            return (self.clone(), None);
        }
        let place = place.map_or_else(|| "this machine".to_owned(), |address| address.label());
        let greeting = format!("{} on {place}, as last time; commands use {}.", last.account, self.default_place());
        (there, Some(greeting))
    }

    /// The server that flags, environment or settings name; `None` if it is that of this machine.
    fn named_address(&self) -> Option<ServerAddress> {
        self.configured_server().ok().flatten()?.parse().ok()
    }

    /// The server that commands use, and how to open it.
    fn default_place(&self) -> String {
        match (&self.settings.profile, &self.settings.server) {
            (Some(profile), _) => format!("the profile {profile} (`chat --profile {profile}`)"),
            (None, Some(server)) => format!("{server} (`chat --server {server}`)"),
            (None, None) => "this machine (`chat --local`)".to_owned(),
        }
    }
}

#[cfg(feature = "local-server")]
fn is_of_this_machine(server: &str) -> bool {
    server.starts_with(OWN) || server.strip_prefix("unix:") == Some(crate::local::SYSTEM_SOCKET)
}

#[cfg(not(feature = "local-server"))]
fn is_of_this_machine(server: &str) -> bool {
    server.starts_with(OWN)
}
