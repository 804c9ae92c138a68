//! Collects rows and prints them as a table or as JSON; the only printer.

use serde::Serialize;

/// One figure with the limit it is compared with.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// What was measured.
    pub what: String,
    /// The figure, a median.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The limit measured in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What is to be reached.
    pub target: String,
    /// Whether it is reached.
    pub is_reached: bool,
}

impl Row {
    /// The figure as a share of the limit.
    fn ratio(&self) -> Option<f64> {
        self.limit.filter(|limit| *limit > 0.0).map(|limit| self.value / limit)
    }
}

/// All rows of a run.
#[derive(Debug)]
pub(crate) struct Report {
    is_json: bool,
    rows: Vec<Row>,
}

impl Report {
    /// An empty report.
    pub(crate) fn new(is_json: bool) -> Self {
        Self { is_json, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Says what is being done, on standard error.
    #[expect(clippy::print_stderr, reason = "progress of a long run")]
    pub(crate) fn progress(text: &str) {
        eprintln!("… {text}");
    }

    /// Prints all rows.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self) {
        if self.is_json {
            println!("{}", serde_json::to_string(&self.rows).expect("invariant: rows are plain data"));
            return;
        }
        println!("{:<58} {:>12} {:>12} {:>7}  {:<6} target", "what", "value", "limit", "ratio", "unit");
        for row in &self.rows {
            let limit = row.limit.map_or_else(String::new, |limit| format!("{limit:.2}"));
            let ratio = row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let mark = if row.is_reached { "reached" } else { "MISSED" };
            println!(
                "{:<58} {:>12.2} {limit:>12} {ratio:>7}  {:<6} {} — {mark}",
                row.what, row.value, row.unit, row.target
            );
        }
    }
}
