//! The program `chat`. Must not know what it does; [`chat_tui::cli`] does.
//!
//! Errors that a user can fix are no reports here: they carry an exit code and a line of `--json`, so `cli::output` prints
//! them. Reports are for panics.

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};

fn main() -> ExitCode {
    // Backtraces only if RUST_BACKTRACE asks for them.
    let hooks = HookBuilder::default().display_env_section(false);
    let hooks = hooks.panic_section("This is a fault of the program. Please report it with the lines above.");
    let hooks = if stderr().is_terminal() { hooks } else { hooks.theme(Theme::new()) };
    if hooks.install().is_err() {
        return ExitCode::FAILURE;
    }
    chat_tui::cli::run()
}
