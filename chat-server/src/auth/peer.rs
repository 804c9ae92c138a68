//! Users of this machine, as the Unix socket identifies them. Must not know accounts.

use chat_proto::text::Username;

/// The user `nobody`, which also stands for everyone a container cannot map.
pub const NOBODY_UID: u32 = 65_534;

/// Returns the account name for a user of this machine: their login name, as far as the name rules allow.
pub fn name_of_uid(uid: u32) -> Username {
    let known = uzers::get_user_by_uid(uid).and_then(|user| user.name().to_str().map(ToOwned::to_owned));
    let plain: String =
        known.unwrap_or_default().chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let short: String = plain.trim_start_matches(['-', '_', '.']).chars().take(24).collect();
    let allowed = short.parse().ok().filter(|name: &Username| name.check_new().is_ok());
    allowed
        .unwrap_or_else(|| format!("user{uid}").parse().expect("invariant: letters and digits, at most 14, are a name"))
}
