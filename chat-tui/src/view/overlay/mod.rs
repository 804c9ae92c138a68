//! Windows over the screen, one file for each. Only the open one is drawn, and none changes the model.

mod deletion;
mod edit_history;
mod frame;
mod help;
mod info;
mod open;
mod switcher;

pub(super) use open::draw;
