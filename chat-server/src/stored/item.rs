//! Items as they are stored: whole, as one text, or spread over a row of which one column holds the rest. Pure; must
//! not know who keeps the text or the row.

#![deny(clippy::disallowed_methods)]

use chat_proto::ids::{ClientKey, Seq};
use chat_proto::message::{Content, Item, Message};
use chat_proto::text::MessageBody;
use chat_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::content::{MessageExtra, StoredContent, StoredUser};
use super::form;

/// A whole item. Form 1 named its content `what`.
#[derive(Serialize, Deserialize)]
struct StoredItem {
    seq: u64,
    changed: u64,
    at: i64,
    by: StoredUser,
    #[serde(alias = "what")]
    content: StoredContent,
}

/// A whole item as text.
pub(crate) fn to_text(item: &Item) -> String {
    let Item { seq, changed, at, by, content } = item;
    let content = content.into();
    form::write(&StoredItem { seq: seq.0, changed: changed.0, at: at.0, by: StoredUser(*by), content })
}

/// Reads a whole item.
///
/// # Errors
/// As [`StoredError`] lists.
pub(crate) fn from_text(text: &str) -> Result<Item, StoredError> {
    let StoredItem { seq, changed, at, by, content } = form::read(text)?;
    Ok(Item { seq: Seq(seq), changed: Seq(changed), at: UnixMillis(at), by: by.0, content: content.try_into()? })
}

/// The column beside a message's text and key, or that of another content; `None` for a plain message.
pub(crate) fn to_column(content: &Content) -> Option<String> {
    match content.message() {
        Some(message) => {
            let extra = MessageExtra::from(message);
            (extra != MessageExtra::default()).then(|| form::write(&extra))
        }
        None => Some(form::write(&StoredContent::from(content))),
    }
}

/// The content of a row: `message` is the text and the key of a row that has a text.
///
/// # Errors
/// [`StoredError::Missing`] if a row without a text has no column either; else as [`StoredError`] lists.
pub(crate) fn from_column(
    column: Option<&str>,
    message: Option<(MessageBody, Option<ClientKey>)>,
) -> Result<Content, StoredError> {
    let Some((body, key)) = message else {
        return form::read::<StoredContent>(column.ok_or(StoredError::Missing)?)?.try_into();
    };
    let plain = Message { key, ..Message::plain(body) };
    let message = match column {
        Some(column) => form::read::<MessageExtra>(column)?.add_to(plain)?,
        None => plain,
    };
    Ok(Content::Message(message))
}
