//! The destination of a command's posts, as it is known without a server: profile and sign-in, and the outbox for them. Must
//! not know how posts are sent.

use chat_proto::time::UnixMillis;

use super::context::Context;
use super::outbox::OutboxFolder;
use crate::text::short_digest;

impl Context {
    /// Returns the outbox of the profile.
    pub fn outbox(&self) -> OutboxFolder {
        OutboxFolder::of(&self.paths.state, &self.profile_name())
    }

    /// Returns the name of the profile; the server if none is chosen, and `this machine` if none is named, either.
    pub fn profile_name(&self) -> String {
        let chosen = self.globals.profile.as_ref().or(self.settings.profile.as_ref());
        let Ok(server) = self.configured_server() else {
            // A profile that does not exist is still what was asked for.
            return chosen.cloned().unwrap_or_default();
        };
        let profile =
            chosen.filter(|name| self.settings.profiles.get(*name).map(|known| &known.server) == server.as_ref());
        profile.cloned().or(server).unwrap_or_else(|| "this machine".to_owned())
    }

    /// Names the token that was given with the command, if one was: a post of this sign-in is not posted by another one.
    pub fn token_name(&self) -> Option<String> {
        let token = self.given_token()?;
        Some(short_digest(token.as_bytes(), 8))
    }

    /// Returns the time of day.
    pub fn now() -> UnixMillis {
        UnixMillis(jiff::Timestamp::now().as_millisecond())
    }
}
