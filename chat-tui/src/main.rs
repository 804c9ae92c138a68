//! The program `chat`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Coloured reports for faults of our own; errors a user can mend are printed by `cli`.
    if color_eyre::install().is_err() {
        return ExitCode::FAILURE;
    }
    chat_tui::cli::run()
}
