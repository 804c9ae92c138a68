//! A person as typed: `ana` or `@ana`. Pure: must not know whether they exist.

#![deny(clippy::disallowed_methods)]

use chat_proto::text::Username;

/// Reads a person's name, with or without `@`.
///
/// # Errors
/// A clause for the user.
pub fn person_name(typed: &str) -> Result<Username, String> {
    typed.strip_prefix('@').unwrap_or(typed).parse().map_err(|error| format!("a name {error}"))
}
