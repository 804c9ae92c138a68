//! The options that all scenarios share. Must not know any of them.

use std::path::PathBuf;

use clap::Args;

/// The options of every scenario.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The server to measure; by default the one built beside this program.
    #[arg(long, global = true, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// Number of rounds; the report shows the median.
    #[arg(long, global = true, default_value_t = 5)]
    pub rounds: usize,
    /// Print JSON; the table goes to standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// The cores the server, the bare loop and the raw SQLite loop run on.
    #[arg(long, global = true, default_value = "0,1", value_name = "LIST")]
    pub server_cores: String,
    /// The cores the generator and the full-screen client run on.
    #[arg(long, global = true, default_value = "2,3", value_name = "LIST")]
    pub generator_cores: String,
}
