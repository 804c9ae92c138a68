//! A program's last words: the report of a fatal error with the next step beside it, and the form of panics. Must not know
//! how a server starts, or who prints the report.

use std::io::{IsTerminal, stderr};

use color_eyre::Section;
use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre::{Report, Result};

use crate::wiring::ServeError;

/// Sets the form of reports and panics for the whole process: colours on a terminal only, backtraces only if
/// `RUST_BACKTRACE` asks for them.
///
/// # Errors
/// If another form was set before.
pub fn install_reports() -> Result<()> {
    let hooks = HookBuilder::default().display_env_section(false).display_location_section(false);
    let hooks = hooks.panic_section("This is a fault of the program. Please report it with the lines above.");
    let hooks = if stderr().is_terminal() { hooks } else { hooks.theme(Theme::new()) };
    hooks.install()
}

/// The report of a server that cannot run, with the next step as a suggestion.
pub(crate) fn report(error: ServeError) -> Report {
    match error.advice() {
        Some(advice) => Report::new(error).suggestion(advice),
        None => Report::new(error),
    }
}

/// The error, its causes and the next step in one line, for logs, scripts and other programs.
pub fn in_one_line(report: &Report) -> String {
    match report.downcast_ref::<ServeError>().and_then(ServeError::advice) {
        Some(advice) => format!("{}; {advice}", causes(report)),
        None => causes(report),
    }
}

/// The error and its causes in one line, and the next step in a line of its own, for a person.
pub fn in_lines(report: &Report) -> String {
    match report.downcast_ref::<ServeError>().and_then(ServeError::advice) {
        Some(advice) => format!("{}\n  → {advice}", causes(report)),
        None => causes(report),
    }
}

/// The error and its causes. Many errors name their cause themselves: it is said once.
fn causes(report: &Report) -> String {
    report.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.is_empty() {
        true => cause,
        false if said.ends_with(&cause) => said,
        false => format!("{said}: {cause}"),
    })
}

#[cfg(test)]
mod tests;
