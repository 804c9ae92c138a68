//! The form of the log, and how much is logged. Must not know who logs.

/// The log format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object per line.
    Json,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum LogLevel {
    /// Connections, joins, totals, and all that goes wrong.
    #[default]
    Info,
    /// Each request, too.
    Debug,
    /// Everything, of the libraries, too.
    Trace,
}
