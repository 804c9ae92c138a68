//! A short name for a long or a secret text: the beginning of its SHA-256, in hexadecimal. Pure: must not know what is named.

#![deny(clippy::disallowed_methods)]

use sha2::{Digest, Sha256};

/// Returns the first `count` bytes of the digest as hexadecimal digits.
pub fn short_digest(bytes: &[u8], count: usize) -> String {
    Sha256::digest(bytes).iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}
