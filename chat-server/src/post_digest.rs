//! Recognises a repeated post under the same key, even after its text was edited, deleted or has expired. Must not know
//! where digests are stored.

use chat_proto::ids::RoomId;
use sha2::{Digest, Sha256};

/// Half a SHA-256 of a post's room and text.
pub type PostDigest = [u8; 16];

/// Returns the digest of a text posted in a room.
pub fn of(room: RoomId, body: &str) -> PostDigest {
    let mut hash = Sha256::new();
    hash.update(room.0.to_le_bytes());
    hash.update(body.as_bytes());
    let full: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}
