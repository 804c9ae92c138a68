//! The command line, a contract that scripts depend on. Must not know the screen's model.

mod child;
mod choice_parser;
mod client_files;
mod command;
mod context;
mod destination;
mod exit;
mod full_screen;
mod json;
mod last_server;
mod main;
mod outbox;
mod output;
mod own_server;
mod post_pacer;
mod prompt;
mod reader_gone;
mod run_report;
mod server_choice;
mod session;
mod signals;
mod stdin_text;
mod voice;

pub use main::run;
