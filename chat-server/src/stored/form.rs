//! The version that stored text carries, and why stored text cannot be read. Pure; must not know what the text holds.

#![deny(clippy::disallowed_methods)]

use chat_proto::text::TextError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The form that is written, and the newest that can be read.
pub(super) const FORM: u32 = 2;

/// Why stored text cannot be read. Never repeats the text: it may be a message's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// A newer server wrote it.
    #[error("it has form {found}, and this server reads forms up to {known}: a newer server wrote it")]
    Newer {
        /// Its form.
        found: u32,
        /// The newest form known here.
        known: u32,
    },
    /// It is not JSON of a known form. The parser's own sentence is left out, since it may quote the text.
    #[error("it fits no known form (column {column})")]
    Shape {
        /// Where the parser stopped, counted from 1.
        column: usize,
    },
    /// A value in it breaks the limits of its kind.
    #[error("a value in it is not allowed")]
    Value(#[from] TextError),
    /// It is none of the words that may stand here.
    #[error("it is none of the known words")]
    Word,
    /// There is nothing where something must stand.
    #[error("it is missing")]
    Missing,
}

/// The version alone.
#[derive(Deserialize)]
struct Version {
    #[serde(default = "first_form")]
    v: u32,
}

fn first_form() -> u32 {
    1
}

/// Writes a value, which is an object, in the present form: with the version before its first field.
pub(super) fn write<T: Serialize>(value: &T) -> String {
    let object =
        serde_json::to_string(value).expect("invariant: stored types have string keys and no failing serializer");
    let fields = object.strip_prefix('{').expect("invariant: stored types are objects");
    let separator = if fields == "}" { "" } else { "," };
    format!("{{\"v\":{FORM}{separator}{fields}")
}

/// Reads a value of any known form.
///
/// # Errors
/// [`StoredError::Newer`] if a newer server wrote it, [`StoredError::Shape`] if it is no such value.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoredError> {
    // Only the column: serde_json's sentence may quote a message.
    let shape = |error: serde_json::Error| StoredError::Shape { column: error.column() };
    let Version { v } = serde_json::from_str(text).map_err(shape)?;
    if v > FORM {
        return Err(StoredError::Newer { found: v, known: FORM });
    }
    serde_json::from_str(text).map_err(shape)
}
