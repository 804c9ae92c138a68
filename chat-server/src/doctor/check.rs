//! The result of one check: what was found, how serious it is, and what to change. Pure; must not know how
//! it was found.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::output::JSON_VERSION;

/// How serious a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but something may be lost or run short.
    Warn,
    /// It does not work.
    Fail,
}

impl Level {
    /// The word shown for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// A whole number.
    Count(u64),
    /// A time in milliseconds.
    Ms(f64),
    /// A word.
    Word(String),
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The name of the check.
    pub name: &'static str,
    /// How serious the result is.
    pub level: Level,
    /// The finding.
    pub message: String,
    /// The change that would help; `None` if all is well.
    pub advice: Option<String>,
    /// Measured values, by names that end with their unit.
    pub figures: BTreeMap<&'static str, Figure>,
}

impl Check {
    /// A check that passed.
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, message: message.into(), advice: None, figures: BTreeMap::new() }
    }

    /// A check that works, but something should be changed.
    pub fn warn(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Warn, advice: Some(advice.into()), ..Self::ok(name, message) }
    }

    /// A check that fails until something is changed.
    pub fn fail(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Fail, ..Self::warn(name, message, advice) }
    }

    /// Adds a measured whole number.
    #[must_use]
    pub fn count(mut self, name: &'static str, number: u64) -> Self {
        self.figures.insert(name, Figure::Count(number));
        self
    }

    /// Adds a measured time.
    #[must_use]
    pub fn time(mut self, name: &'static str, time: Duration) -> Self {
        // To the microsecond.
        self.figures.insert(name, Figure::Ms((time.as_secs_f64() * 1e6).round() / 1e3));
        self
    }

    /// Adds a word that was found.
    #[must_use]
    pub fn word(mut self, name: &'static str, word: impl Into<String>) -> Self {
        self.figures.insert(name, Figure::Word(word.into()));
        self
    }

    /// Returns the check for a person: one line, and one more for each thing to change.
    pub fn text(&self) -> String {
        let advice = self.advice.iter().flat_map(|advice| advice.lines());
        let advice: String = advice.map(|line| format!("\n      → {line}")).collect();
        format!("{:<4}  {:<17} {}{advice}", self.level.word(), self.name, self.message)
    }

    /// Returns the check for a program: a line of JSON.
    pub fn json(&self) -> String {
        let Self { name, level, message, advice, figures } = self;
        let (message, advice) = (message.as_str(), advice.as_deref());
        chat_proto::codec::to_text(&Line {
            v: JSON_VERSION,
            kind: "check",
            name,
            level: *level,
            message,
            advice,
            figures,
        })
    }
}

/// A check as a line of JSON. Programs read it: `golden/json-check.json` holds its exact bytes.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    level: Level,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
    /// Each check measures other values, so their names are not fields.
    figures: &'a BTreeMap<&'static str, Figure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_printed_in_words_and_in_the_json_of_its_golden_file() {
        let check =
            Check::warn("redis ping", "p50 7.0 ms", "move it nearer").time("p50_ms", Duration::from_micros(7_001));
        assert_eq!(check.text(), "warn  redis ping        p50 7.0 ms\n      → move it nearer");
        let well = Check::ok("version", "1").word("version", "1").count("open_files", 2);
        assert_eq!(well.text(), "ok    version           1");
        let lines = [check.json(), well.json(), Check::fail("redis", "refused", "start it").json()];
        let golden: Vec<_> = include_str!("../../golden/json-check.json").lines().collect();
        assert_eq!(lines.as_slice(), golden);
    }
}
