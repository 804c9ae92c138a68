//! Variables that other servers read, set from habit: each gets a hint at the one that is read here. Must not know what is
//! set by them.

/// A variable of others, ours for the same, and what ours looks like.
const HABITS: [(&str, &str, &str); 4] = [
    ("REDIS_URL", "CHAT_REDIS_URL", "redis://127.0.0.1:6379"),
    ("PORT", "CHAT_SERVER_LISTEN", "127.0.0.1:4000"),
    ("SOCKET_PORT", "CHAT_SERVER_LISTEN", "127.0.0.1:4000"),
    ("DATABASE_URL", "CHAT_SERVER_DATA", "/srv/chat"),
];

/// Returns a hint for each variable that is set while ours is not.
pub(super) fn hints(is_set: impl Fn(&str) -> bool) -> Vec<String> {
    let meant = HABITS.iter().filter(|(theirs, ours, _)| is_set(theirs) && !is_set(ours));
    meant
        .map(|(theirs, ours, example)| format!("{theirs}: this server does not read it; use {ours}={example}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_others_gets_a_hint_unless_ours_is_set_too() {
        let of = |set: &[&str]| hints(|name| set.contains(&name));
        assert_eq!(
            of(&["REDIS_URL"]),
            ["REDIS_URL: this server does not read it; use CHAT_REDIS_URL=redis://127.0.0.1:6379"]
        );
        assert_eq!(of(&["REDIS_URL", "CHAT_REDIS_URL"]), [""; 0]);
        assert_eq!(of(&["PORT", "SOCKET_PORT", "DATABASE_URL"]).len(), 3);
        assert_eq!(of(&[]), [""; 0]);
    }
}
