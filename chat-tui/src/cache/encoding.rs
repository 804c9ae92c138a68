//! The form of protocol values in the file: their form on the wire. Must not know SQLite.

/// Encodes a value of the protocol.
pub(super) fn to_text<T: serde::Serialize>(value: &T) -> String {
    chat_proto::codec::to_text(value)
}

/// Decodes a value of the protocol; `None` if another version wrote it in another form.
pub(super) fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    chat_proto::codec::from_text(text).ok()
}
