//! The accounts a text mentions with `@name`. Must not know rooms: who may be mentioned there is the room's to decide.

use chat_proto::ids::UserId;
use chat_proto::text::Username;

use super::error::Refusal;
use crate::server::Server;

/// Most names that are looked up for one message.
const MENTIONS_MAX: usize = 50;

/// The accounts a text mentions, in the order of the text.
pub(super) async fn mentioned(server: &Server, text: &str) -> Result<Vec<UserId>, Refusal> {
    let names = names(text);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let users = server.store.users_by_name(names.clone()).await?;
    let in_order = names.iter().filter_map(|name| users.iter().find(|user| user.name == *name));
    Ok(in_order.map(|user| user.id).collect())
}

/// The names a text may mention, in the order of the text, each once. Code between backticks mentions nobody.
fn names(text: &str) -> Vec<Username> {
    let mut found: Vec<Username> = Vec::new();
    let mut before = ' ';
    let mut is_code = false;
    for (at, c) in text.char_indices() {
        is_code ^= c == '`';
        if c == '@' && !is_code && !before.is_alphanumeric() {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(rest.len());
            // The full stop of a sentence is not part of the name.
            let name = rest[..end].trim_end_matches(['.', '-', '_']);
            if let Ok(name) = name.parse()
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
        before = c;
        if found.len() == MENTIONS_MAX {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_people_write_them() {
        let found: Vec<String> = names("@ana, see (@ben). mail me@example.org `@code` @Ana @chen-li.")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["ana", "ben", "chen-li"]);
    }
}
