//! The global flags, the settings, the output and the connection of a command. Must not know subcommands.

use std::collections::HashMap;
use std::sync::Arc;

use chat_proto::client_frame::Auth;
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::request::{Call, Resolve, Users};
use chat_proto::room::{Membership, Room, User};
use chat_proto::server_frame::Welcome;
use clap::Args;

use super::exit::{CliError, Exit};
use super::outbox::remember_rooms;
use super::output::{ColorChoice, Output};
use crate::argument::{MessageRef, RoomRef, SeqRef};
use crate::config::{Credentials, Paths, Settings};
use crate::net::{Client, LinkOptions, Locate, Prepare, ServerAddress};

/// The flags of every command.
#[derive(Args, Clone, Debug)]
pub(super) struct Globals {
    /// Use this server: unix:PATH, ws://HOST:PORT or wss://HOST. Default: the profile's server, the system service on
    /// this machine, or your own server, started in the background.
    #[arg(long, global = true, env = "CHAT_SERVER", value_name = "URL", help_heading = "Global options")]
    pub server: Option<String>,
    /// Sign in with this token instead of the one stored by `chat login`.
    #[arg(long, global = true, env = "CHAT_TOKEN", hide_env_values = true, hide = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Use the server of this profile in client.toml.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub profile: Option<String>,
    /// Print JSON lines instead of text.
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Choose when to use colour; `auto` respects NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Global options")]
    pub color: ColorChoice,
    /// Print only data and errors.
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Print log messages; repeat for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// The start of every command.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The flags.
    pub globals: Globals,
    /// The places of files.
    pub paths: Paths,
    /// The settings in force.
    pub settings: Settings,
    /// The mistakes in their file.
    pub settings_faults: Vec<String>,
    /// The printer.
    pub output: Output,
}

impl Context {
    /// Reads the settings; mistakes are kept for later.
    ///
    /// # Errors
    /// The home folder is unknown.
    pub fn new(globals: Globals) -> Result<Self, CliError> {
        let output = Output::new(globals.json, globals.quiet, globals.color);
        let paths = Paths::of_user().map_err(|error| CliError::failed(error.to_string()))?;
        let (settings, settings_faults) = Settings::read(&paths.client_toml());
        Ok(Self { globals, paths, settings, settings_faults, output })
    }

    /// Returns the server from the flag, the environment, the profile, the system service or the local server; starts
    /// the local server if it does not run.
    ///
    /// # Errors
    /// The address is invalid, or the local server cannot be started.
    pub fn address(&self) -> Result<ServerAddress, CliError> {
        if let Some(server) = self.configured_server()? {
            return Ok(server.parse()?);
        }
        self.default_server()
    }

    /// Returns the server from the flag, the environment or the profile, as it was typed; `None` if none is named.
    ///
    /// # Errors
    /// The profile does not exist.
    pub fn configured_server(&self) -> Result<Option<String>, CliError> {
        if let Some(server) = self.globals.server.as_ref().filter(|server| !server.is_empty()) {
            return Ok(Some(server.clone()));
        }
        self.settings
            .server_for(self.globals.profile.as_deref(), &self.paths.client_toml())
            .map_err(|error| CliError::usage(error.to_string()))
    }

    #[cfg(feature = "local-server")]
    fn default_server(&self) -> Result<ServerAddress, CliError> {
        if std::os::unix::net::UnixStream::connect(crate::local::SYSTEM_SOCKET).is_ok() {
            return Ok(format!("unix:{}", crate::local::SYSTEM_SOCKET).parse()?);
        }
        let running = crate::local::ensure_running(&self.local_server());
        Ok(running.map_err(|error| CliError::unreachable(error.to_string()))?.address().parse()?)
    }

    #[cfg(not(feature = "local-server"))]
    fn default_server(&self) -> Result<ServerAddress, CliError> {
        Err(CliError::usage("name a server: --server URL, CHAT_SERVER, or a profile in client.toml"))
    }

    /// Returns the paths of the local server.
    #[cfg(feature = "local-server")]
    pub fn local_server(&self) -> crate::local::LocalServer {
        crate::local::LocalServer::of(&self.paths.local_server_data(), &self.paths.state)
    }

    /// Returns the local server if it is, or was last, at `address`.
    #[cfg(feature = "local-server")]
    fn local_server_at(&self, address: &ServerAddress) -> Option<crate::local::LocalServer> {
        let server = self.local_server();
        (crate::local::named_address(&server)? == address.to_string()).then_some(server)
    }

    /// Returns the step before each attempt to connect: starts the local server if it does not run.
    #[cfg(feature = "local-server")]
    pub fn prepare(&self, address: &ServerAddress) -> Prepare {
        let Some(server) = self.local_server_at(address) else { return Arc::new(|| Ok(())) };
        Arc::new(move || crate::local::ensure_running(&server).map(drop).map_err(|error| error.to_string()))
    }

    /// Returns the step before each attempt to connect: nothing, in a build without a local server.
    #[cfg(not(feature = "local-server"))]
    pub fn prepare(&self, _: &ServerAddress) -> Prepare {
        Arc::new(|| Ok(()))
    }

    /// Returns how to find the local server where it is at each attempt: the next one to be started may have another socket.
    #[cfg(feature = "local-server")]
    pub fn locate(&self, address: &ServerAddress) -> Option<Locate> {
        let server = self.local_server_at(address)?;
        Some(Arc::new(move || crate::local::named_address(&server)?.parse().ok()))
    }

    /// Other servers do not move.
    #[cfg(not(feature = "local-server"))]
    pub fn locate(&self, _: &ServerAddress) -> Option<Locate> {
        None
    }

    /// Returns the name under which things are kept for the server at `address`: the address, or for the local server, whose
    /// socket may be elsewhere tomorrow, its data folder.
    pub fn server_name(&self, address: &ServerAddress) -> String {
        #[cfg(feature = "local-server")]
        if let Some(server) = self.local_server_at(address) {
            return format!("local:{}", server.data.display());
        }
        address.to_string()
    }

    /// Returns the way to sign in at `address`: the token given, the token stored, or the socket's peer credentials.
    ///
    /// # Errors
    /// Exit 4 if there is none.
    pub fn auth(&self, address: &ServerAddress) -> Result<Auth, CliError> {
        if let Some(token) = self.globals.token.as_ref().filter(|token| !token.is_empty()) {
            return Ok(Auth::Token { token: token.clone() });
        }
        let credentials = self.credentials()?;
        if let Some(token) = credentials.token(&self.server_name(address)) {
            return Ok(Auth::Token { token: token.to_owned() });
        }
        if address.is_unix() {
            return Ok(Auth::Peer);
        }
        Err(CliError::with(
            Exit::NotSignedIn,
            chat_proto::error::ErrorCode::AuthRequired,
            format!("not signed in at {address}; run `chat login NAME` or `chat register NAME`, or set CHAT_TOKEN"),
        ))
    }

    /// Returns the stored tokens.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn credentials(&self) -> Result<Credentials, CliError> {
        Credentials::load(&self.paths.data).map_err(|error| CliError::failed(error.to_string()))
    }

    /// Connects and signs in for one command, without presence and subscriptions.
    ///
    /// # Errors
    /// Exit 3 if the server is unreachable, 4 if it refuses the sign-in.
    pub async fn connect(&self) -> Result<CliSession, CliError> {
        let address = self.address()?;
        let auth = self.auth(&address)?;
        self.connect_as(address, auth).await
    }

    /// As [`Self::connect`], with a known address and sign-in.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_as(&self, address: ServerAddress, auth: Auth) -> Result<CliSession, CliError> {
        // The user's own server is started again if it ends just now.
        let (prepare, locate) = (self.prepare(&address), self.locate(&address));
        let options = LinkOptions::one_shot(address, auth, prepare).located_by(locate);
        let (client, welcome) = Client::connect(options).await?;
        self.warn_older_server(&welcome);
        remember_rooms(&self.outbox(), welcome.account.rooms.iter().map(|membership| &membership.room));
        Ok(CliSession::new(client, welcome))
    }

    /// The options for a link that follows rooms.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn follow_options(&self) -> Result<LinkOptions, CliError> {
        let address = self.address()?;
        let auth = self.auth(&address)?;
        let locate = self.locate(&address);
        Ok(LinkOptions::follow(address, auth).located_by(locate))
    }

    fn warn_older_server(&self, welcome: &Welcome) {
        let own = env!("CARGO_PKG_VERSION");
        if is_older(&welcome.server_version, own) {
            let older = &welcome.server_version;
            self.output.info(&format!(
                "The server is version {older}, this client {own}. `chat local restart` brings a local server up to date."
            ));
        }
    }
}

/// Returns whether version `a` is older than `b`; false if either is not a number.
fn is_older(a: &str, b: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    matches!((numbers(a), numbers(b)), (Some(a), Some(b)) if a < b)
}

/// A signed-in connection with the names it knows.
#[derive(Debug)]
pub(super) struct CliSession {
    /// The connection.
    pub client: Client,
    /// The server's welcome.
    pub welcome: Welcome,
    names: Names,
}

/// Known names of rooms and people.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    users: HashMap<UserId, String>,
    rooms: HashMap<RoomId, String>,
}

impl Names {
    /// Adds people.
    pub fn add_users(&mut self, users: &[User]) {
        self.users.extend(users.iter().map(|user| (user.id, user.name.to_string())));
    }

    /// Adds a room.
    pub fn add_room(&mut self, room: &Room) {
        if let Some(name) = &room.name {
            self.rooms.insert(room.id, name.to_string());
        }
    }

    /// Returns the person's name, or their id if it is unknown.
    pub fn user(&self, id: UserId) -> String {
        self.users.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// Returns whether the person's name is known.
    pub fn knows(&self, id: UserId) -> bool {
        self.users.contains_key(&id)
    }

    /// Returns the room's name, or its id if it has none.
    pub fn room(&self, id: RoomId) -> String {
        self.rooms.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

impl CliSession {
    /// A session on a new connection.
    pub fn new(client: Client, welcome: Welcome) -> Self {
        let mut names = Names::default();
        names.add_users(&welcome.account.users);
        names.add_users(std::slice::from_ref(&welcome.user));
        for membership in &welcome.account.rooms {
            names.add_room(&membership.room);
        }
        Self { client, welcome, names }
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// The server's refusal or the network's error, with its exit code.
    pub async fn call<C: Call + Clone>(&self, request: &C) -> Result<C::Answer, CliError> {
        Ok(self.client.call(request).await?)
    }

    /// The names known so far.
    pub fn names(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Resolves a room as typed.
    ///
    /// # Errors
    /// Exit 5 if this account can see no such room.
    pub async fn room(&mut self, typed: &RoomRef) -> Result<RoomId, CliError> {
        let name = match typed {
            RoomRef::Id(id) => return Ok(*id),
            RoomRef::Person(_) => return Err(CliError::not_found(format!("there is no direct message with {typed}"))),
            RoomRef::Name(name) => name,
        };
        if let Some(member) = self.member_rooms().find(|member| member.room.name.as_ref() == Some(name)) {
            return Ok(member.room.id);
        }
        let found = self.call(&Resolve { rooms: vec![name.clone()], users: Vec::new() }).await?;
        match found.rooms.first() {
            Some(room) => {
                // Keep the name as typed, even if it is a former one.
                self.names.rooms.insert(room.id, name.to_string());
                Ok(room.id)
            }
            None => Err(CliError::not_found(format!(
                "there is no room {typed} that you can see; list rooms with `chat rooms`, or create it with `chat room create {name}`"
            ))),
        }
    }

    /// Resolves a message reference to a sequence number in `room`, which the user typed as `in_room`.
    ///
    /// # Errors
    /// Exit 2 if the message is in another room, 5 if that room is not found.
    pub async fn message_in(&mut self, room: RoomId, in_room: &RoomRef, typed: &SeqRef) -> Result<Seq, CliError> {
        let Some(named) = &typed.room else { return Ok(typed.seq) };
        if self.room(named).await? == room {
            return Ok(typed.seq);
        }
        let message = MessageRef { room: named.clone(), seq: typed.seq };
        Err(CliError::usage(format!("{message} is in another room; name a message of {in_room}")))
    }

    /// Returns a room as typed; `None` for one given by its id that this account is not a member of.
    ///
    /// # Errors
    /// As [`Self::room`].
    pub async fn room_to_see(&mut self, typed: &RoomRef) -> Result<Option<Room>, CliError> {
        let id = self.room(typed).await?;
        if let Some(member) = self.member_rooms().find(|member| member.room.id == id) {
            return Ok(Some(member.room.clone()));
        }
        let RoomRef::Name(name) = typed else { return Ok(None) };
        let found = self.call(&Resolve { rooms: vec![name.clone()], users: Vec::new() }).await?;
        Ok(found.rooms.into_iter().next())
    }

    /// Returns the rooms this account is a member of.
    pub fn member_rooms(&self) -> impl Iterator<Item = &Membership> {
        self.welcome.account.rooms.iter()
    }

    /// Loads the names of people that are not known yet.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn load_names(&mut self, ids: impl IntoIterator<Item = UserId>) -> Result<(), CliError> {
        let mut unknown: Vec<UserId> = ids.into_iter().filter(|id| !self.names.knows(*id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for ids in unknown.chunks(chat_proto::limits::IDS_MAX) {
            let answer = self.call(&Users { ids: ids.to_vec() }).await?;
            self.names.add_users(&answer.users);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(is_older("0.9.0", "0.10.0"));
        assert!(!is_older("0.10.0", "0.9.0"));
        assert!(!is_older("1.0.0", "1.0.0"));
        assert!(!is_older("unknown", "1.0.0"));
    }
}
