//! Draws the model into cells, one file for each part of the screen. Knows no terminal, clock or disk, and changes
//! nothing but its own cache.

#![deny(clippy::disallowed_methods)]

mod badge;
mod bar;
mod cache;
mod composer;
mod delivery_status;
mod draw;
mod drawn;
mod empty;
mod footer;
mod join_summary;
mod layout;
mod overlay;
mod people;
mod pills;
mod render;
mod rooms;
mod row;
mod rows;
mod selected;
#[cfg(test)]
mod tests;
mod time;
mod timeline;
mod title;

pub use cache::RenderCache;
pub use drawn::Drawn;
pub use render::render;
pub use title::title;
