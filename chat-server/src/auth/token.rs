//! Tokens: 256 random bits, shown once, stored only as a hash. Must not know sign-ins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A new token.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Returns a token nobody can guess; `None` if the system has no random numbers.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns the token for its owner.
    pub fn reveal(self) -> String {
        self.0
    }

    /// Returns the hash to store.
    pub fn hash(&self) -> [u8; 32] {
        hash_token(&self.0)
    }
}

/// Returns a token's hash. Looking a token up by its hash needs no comparison whose timing could reveal anything.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
