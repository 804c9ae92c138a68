//! One check of `doctor` and its output. Must not know what is checked.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::exit::CliError;
use crate::cli::json::{CheckLine, Line};
use crate::cli::output::{Output, padded};

/// Columns of a check's name.
const NAME_COLUMNS: usize = 17;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Nothing to do.
    Ok,
    /// It works, but something should be changed.
    Warn,
    /// It does not work.
    Fail,
}

/// One check.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub name: &'static str,
    pub level: Level,
    pub message: String,
    pub advice: Option<String>,
    /// Measurements, by names that end with their unit.
    pub figures: BTreeMap<&'static str, Value>,
}

impl Check {
    /// A check that passed.
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, message: message.into(), advice: None, figures: BTreeMap::new() }
    }

    /// A check that works, with advice on a change.
    pub fn warn(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Warn, ..Self::fail(name, message, advice) }
    }

    /// A check that failed, with advice.
    pub fn fail(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fail, advice: Some(advice.into()), ..Self::ok(name, message) }
    }

    /// Adds a measurement.
    pub fn with(mut self, name: &'static str, figure: impl Into<Value>) -> Self {
        self.figures.insert(name, figure.into());
        self
    }

    /// Prints the check.
    ///
    /// # Errors
    /// As [`Output::data`].
    pub fn print(&self, output: &Output) -> Result<(), CliError> {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        let advice = self.advice.iter().flat_map(|advice| advice.lines());
        let advice: String = advice.map(|line| format!("\n      → {line}")).collect();
        let text = format!("{level:<4}  {} {}{advice}", padded(self.name, NAME_COLUMNS), self.message);
        let line = CheckLine {
            name: self.name,
            level,
            message: &self.message,
            advice: self.advice.as_deref(),
            figures: &self.figures,
        };
        output.data(&Line::Check(line), &text)
    }
}
