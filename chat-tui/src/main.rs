//! The program `chat`. Must not know what it does; [`chat_tui::cli`] does.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Coloured reports are for faults of our own; `cli` prints the errors a user can fix.
    if color_eyre::install().is_err() {
        return ExitCode::FAILURE;
    }
    chat_tui::cli::run()
}
