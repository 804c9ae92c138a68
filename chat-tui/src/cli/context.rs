//! The global flags, the settings, the output and the connection of a command. Must not know subcommands.

use chat_proto::client_frame::Auth;
use clap::Args;

use super::exit::{CliError, Exit};
use super::outbox::remember_rooms;
use super::output::{ColorChoice, Output};
use super::session::CliSession;
use crate::config::{Credentials, Paths, Settings};
use crate::link_event::older_server_notice;
use crate::net::{Client, LinkOptions, ServerAddress};

/// The flags of every command.
#[derive(Args, Clone, Debug)]
pub(super) struct Globals {
    /// Use this server: unix:PATH, ws://HOST:PORT or wss://HOST/PATH. Default: the server of --profile, CHAT_SERVER, the
    /// default profile, the system service on this machine, or your own server, started in the background.
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub server: Option<String>,
    /// Sign in with this token instead of the one stored by `chat login`.
    #[arg(long, global = true, hide = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Use the server of this profile in client.toml.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub profile: Option<String>,
    /// Use the server on this machine: the system service, or your own.
    #[arg(long, global = true, conflicts_with_all = ["server", "profile"], help_heading = "Global options")]
    pub local: bool,
    /// Print JSON lines instead of text; `chat help json` describes them.
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

    /// Returns the server from the flags, the environment, the settings, the system service or the local server; starts
    /// the local server if it does not run.
    ///
    /// # Errors
    /// The address is invalid, or the local server cannot be started.
    pub async fn address(&self) -> Result<ServerAddress, CliError> {
        match self.configured_server()? {
            Some(server) => Ok(server.parse()?),
            None => self.default_server().await,
        }
    }

    /// Returns the way to sign in at `address`: the token given, the token stored, or the socket's peer credentials.
    ///
    /// # Errors
    /// Exit 4 if there is none; exit 3 if no server answers there, for then signing in would not help.
    pub async fn auth(&self, address: &ServerAddress) -> Result<Auth, CliError> {
        if let Some(auth) = self.known_auth(address)? {
            return Ok(auth);
        }
        self.probe(address).await?;
        Err(CliError::with(
            Exit::NotSignedIn,
            chat_proto::error::ErrorCode::AuthRequired,
            format!("not signed in at {address}; run `chat login NAME` or `chat register NAME`, or set CHAT_TOKEN"),
        ))
    }

    /// As [`Self::auth`], but `None` if there is no way to sign in yet.
    ///
    /// # Errors
    /// The stored tokens cannot be read.
    pub fn known_auth(&self, address: &ServerAddress) -> Result<Option<Auth>, CliError> {
        if let Some(token) = self.given_token() {
            return Ok(Some(Auth::Token { token }));
        }
        let credentials = self.credentials()?;
        // The user's own server was once known by its socket.
        let stored = credentials.token(&self.server_name(address)).or_else(|| credentials.token(&address.to_string()));
        if let Some(token) = stored {
            return Ok(Some(Auth::Token { token: token.to_owned() }));
        }
        Ok(address.is_unix().then_some(Auth::Peer))
    }

    /// Keeps the token of a sign-in for later commands.
    ///
    /// # Errors
    /// The tokens cannot be read or written.
    pub fn keep_token(&self, address: &ServerAddress, name: &str, token: &str) -> Result<(), CliError> {
        let kept = self.credentials()?.set(&self.server_name(address), name, token);
        kept.map_err(|error| CliError::failed(error.to_string()))
    }

    /// Finds out whether a server answers, without signing in.
    ///
    /// # Errors
    /// Exit 3 if none does.
    pub async fn probe(&self, address: &ServerAddress) -> Result<(), CliError> {
        Ok(crate::net::probe(address, self.ca_file().as_deref()).await?)
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
        let address = self.address().await?;
        let auth = self.auth(&address).await?;
        self.connect_as(address, auth).await
    }

    /// As [`Self::connect`], with a known address and sign-in.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_as(&self, address: ServerAddress, auth: Auth) -> Result<CliSession, CliError> {
        // The user's own server is started again if it ends just now.
        let (prepare, locate) = (self.prepare(&address), self.locate(&address));
        let options = LinkOptions::one_shot(address, auth, prepare).located_by(locate).trusting(self.ca_file());
        let at = options.address.clone();
        let connected = Client::connect(options).await;
        let (client, welcome) = connected.map_err(|error| self.with_way_out(&at, error.into()))?;
        let is_own = self.locate(&at).is_some();
        if let Some(notice) = older_server_notice(&welcome.server_version, is_own) {
            self.output.info(&notice);
        }
        remember_rooms(&self.outbox(), welcome.account.rooms.iter().map(|membership| &membership.room));
        Ok(CliSession::new(client, welcome))
    }

    /// The options for a link that follows rooms.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn follow_options(&self) -> Result<LinkOptions, CliError> {
        let address = self.address().await?;
        let auth = self.auth(&address).await?;
        let locate = self.locate(&address);
        Ok(LinkOptions::follow(address, auth).located_by(locate).trusting(self.ca_file()))
    }
}
