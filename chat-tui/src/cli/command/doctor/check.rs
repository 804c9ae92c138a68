//! One thing that `doctor` looked at, and how it is told.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::cli::exit::CliError;
use crate::cli::output::{Output, padded};

/// Columns of a check's name.
const NAME_COLUMNS: usize = 17;

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works; something should be changed.
    #[cfg_attr(not(feature = "local-server"), expect(dead_code, reason = "only the checks of the server warn"))]
    Warn,
    /// It does not work as it is.
    Fail,
}

/// One thing looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    pub name: &'static str,
    pub level: Level,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What was measured, by names that end with their unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<&'static str, Value>,
}

/// A check as `--json` tells it. `is_ok` and `found` are older than `level` and `message`, and stay.
#[derive(Serialize)]
struct CheckLine<'a> {
    #[serde(flatten)]
    check: &'a Check,
    is_ok: bool,
    found: &'a str,
}

impl Check {
    /// As it should be.
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, message: message.into(), advice: None, figures: BTreeMap::new() }
    }

    /// It does not work before something is changed.
    pub fn fail(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fail, advice: Some(advice.into()), ..Self::ok(name, message) }
    }

    /// With something that was measured.
    pub fn with(mut self, name: &'static str, figure: impl Into<Value>) -> Self {
        self.figures.insert(name, figure.into());
        self
    }

    /// Prints it.
    ///
    /// # Errors
    /// As [`Output::data`].
    pub fn print(&self, output: &Output) -> Result<(), CliError> {
        let word = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        let advice = self.advice.iter().flat_map(|advice| advice.lines());
        let advice: String = advice.map(|line| format!("\n      → {line}")).collect();
        let text = format!("{word}  {} {}{advice}", padded(self.name, NAME_COLUMNS), self.message);
        let line = CheckLine { check: self, is_ok: self.level < Level::Fail, found: &self.message };
        output.data("check", &line, &text)
    }
}
