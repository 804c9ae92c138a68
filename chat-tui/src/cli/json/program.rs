//! The lines of the program itself: the local server, `doctor`'s checks, errors. Must not know what is checked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::moment::Moment;
use super::words;
use crate::cli::exit::ErrorReport;

/// A profile, or a server that was used without one.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ProfileLine<'a> {
    /// Its name in the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// The server's address, or for one's own server its data folder.
    pub server: &'a str,
    /// The account that is signed in, or was when it was used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a str>,
    /// Whether commands use it where no server is named.
    pub is_default: bool,
    /// When it was used last by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Moment>,
}

/// The local server and its files.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct LocalServerLine<'a> {
    /// The folder of its data.
    pub data: Cow<'a, str>,
    /// Whether it runs.
    pub is_running: bool,
    /// Its log file.
    pub log: Cow<'a, str>,
    /// Its process, if it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// Its address.
    pub server: &'a str,
}

/// A backup that was made or restored.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct CopiedDataLine<'a> {
    /// The backup's length.
    pub bytes: u64,
    /// The folder of the server's data.
    pub data: Cow<'a, str>,
    /// The backup.
    pub file: Cow<'a, str>,
    /// The version of its schema.
    pub form: usize,
    /// How many messages in it are damaged, if any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<usize>,
    /// Where the former data are, if a restore has moved any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former: Option<Cow<'a, str>>,
}

/// One check of `doctor`.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct CheckLine<'a> {
    /// The name of the check.
    pub name: &'a str,
    /// `ok`, `warn` or `fail`.
    pub level: &'static str,
    /// The finding.
    pub message: &'a str,
    /// Advice for the user, if something should be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'a str>,
    /// Measurements, by names that end with their unit.
    pub figures: &'a BTreeMap<&'static str, Value>,
}

/// A line of the local server's log.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct LogLine<'a> {
    /// The line as the server wrote it.
    pub line: &'a str,
}

/// A message about progress, or a warning.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct NoticeLine<'a> {
    /// `info` or `warn`.
    pub level: &'static str,
    /// The message.
    pub message: &'a str,
}

/// Why a command failed.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ErrorLine<'a> {
    code: &'static str,
    message: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl<'a> From<&'a ErrorReport> for ErrorLine<'a> {
    fn from(report: &'a ErrorReport) -> Self {
        let ErrorReport { code, message, retryable, retry_after_ms, field, id } = report;
        Self {
            code: words::code(*code),
            message,
            retryable: *retryable,
            retry_after_ms: *retry_after_ms,
            field: field.as_deref(),
            id: id.as_deref(),
        }
    }
}
