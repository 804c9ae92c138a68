//! The form in which stores keep items, availability and trending words: text with a version, apart from the wire's.
//! Every older form stays readable. Must not know which store keeps it, nor how it travels.
//!
//! Text without a version is form 1, the wire's JSON of the time; golden files (`golden/stored-v1-*`) hold samples of
//! it. Form 2 is written now. A change of the wire changes no file here; a change here needs a new form, a golden file
//! of the old one, and a reader that takes both.

mod availability;
mod content;
mod form;
mod item;
#[cfg(test)]
mod tests;
mod trending;

pub(crate) use form::StoredError;

pub(crate) use availability::{from_word as availability_from_word, to_word as availability_to_word};
pub(crate) use item::{from_column, from_text as item_from_text, to_column, to_text as item_to_text};
pub(crate) use trending::{from_text as trending_from_text, to_text as trending_to_text};
