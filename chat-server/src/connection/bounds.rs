//! The bounds of what requests may ask for. Must not know which request asks. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::limits::{IDS_MAX, Limits};
use chat_proto::text::{MessageBody, TextError};

use super::error::Refusal;

/// Checks the length of a list of ids or names, which is in this field.
pub(super) fn check_count(count: usize, field: &str) -> Result<(), Refusal> {
    if count <= IDS_MAX {
        Ok(())
    } else {
        Err(ErrorBody::new(ErrorCode::BadRequest, format!("At most {IDS_MAX} at once.")).at_field(field).into())
    }
}

/// Checks the size of a page.
pub(super) fn check_limit(limit: u32, limits: &Limits) -> Result<(), Refusal> {
    let page_max = limits.page_max;
    if (1..=page_max).contains(&limit) {
        Ok(())
    } else {
        let message = format!("A page holds 1 to {page_max} items.");
        Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("limit").into())
    }
}

/// Checks the length of a message's text, which may be more limited here than by the protocol.
pub(super) fn check_body(body: &MessageBody, limits: &Limits) -> Result<(), Refusal> {
    body.check_within(limits).map_err(|error| {
        let message = format!("A message {error}.");
        ErrorBody::new(ErrorCode::TooLarge, message).at_field("body").into()
    })
}

/// Passes on why a name may not be taken anew.
pub(super) fn check_new_name(checked: Result<(), TextError>, field: &str) -> Result<(), Refusal> {
    checked.map_err(|error| ErrorBody::new(ErrorCode::BadRequest, format!("A name {error}.")).at_field(field).into())
}
