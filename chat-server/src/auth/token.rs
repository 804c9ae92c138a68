//! Tokens: 256 random bits, shown once, kept only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A fresh token.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token nobody can guess; `None` where the system has no random numbers.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token as its owner gets it.
    pub fn reveal(self) -> String {
        self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        hash_token(&self.0)
    }
}

/// What is kept of a token. Found by its hash, a token needs no comparison whose time could tell.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
