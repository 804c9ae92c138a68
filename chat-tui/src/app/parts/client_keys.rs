//! The keys under which servers recognise the posts of this run. Must not know posts.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::ClientKey;

/// Makes keys.
#[derive(Debug, Default)]
pub struct ClientKeys {
    made: u64,
}

impl ClientKeys {
    /// A key that no post of this account has used; `token` makes this run's keys unique.
    pub fn make(&mut self, token: &str) -> ClientKey {
        self.made += 1;
        let key = format!("t-{token}-{}", self.made);
        key.parse().expect("invariant: the token is made of letters and digits")
    }
}
