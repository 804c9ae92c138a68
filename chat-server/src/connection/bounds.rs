//! The sizes that requests may ask for. Must not know which request asks. Pure.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::limits::{IDS_MAX, PAGE_MAX};

use super::error::Refusal;

/// Checks the length of a list of ids or names.
pub(super) fn check_count(count: usize) -> Result<(), Refusal> {
    if count <= IDS_MAX {
        Ok(())
    } else {
        Err(ErrorBody::new(ErrorCode::BadRequest, format!("At most {IDS_MAX} at once.")).into())
    }
}

/// Checks the size of a page: 1 – 200.
pub(super) fn check_limit(limit: u32) -> Result<(), Refusal> {
    if (1..=PAGE_MAX).contains(&limit) {
        Ok(())
    } else {
        let message = format!("A page holds 1 to {PAGE_MAX} items.");
        Err(ErrorBody::new(ErrorCode::BadRequest, message).at_field("limit").into())
    }
}
