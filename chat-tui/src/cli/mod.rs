//! The command line: one subcommand a file. A contract that scripts depend on.

mod command;
mod context;
mod exit;
mod full_screen;
mod json;
mod main;
mod output;
mod reference;
mod stdin_text;

pub use main::run;
