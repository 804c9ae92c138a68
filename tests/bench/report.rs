//! Collects rows and prints them as a table or as JSON; the only printer.

use serde::Serialize;

/// A figure and the limit it is compared with.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// The name of the measurement.
    pub what: String,
    /// The figure, a median.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The limit measured in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The target.
    pub target: String,
    /// Whether the target is met.
    pub is_reached: bool,
}

impl Row {
    /// Returns a figure with a maximum.
    pub(crate) fn at_most(what: impl Into<String>, value: f64, unit: &'static str, most: f64) -> Self {
        let target = format!("≤ {most} {unit}");
        Self { what: what.into(), value, unit, limit: None, target, is_reached: value <= most }
    }

    /// Returns a figure with a maximum relative to another figure.
    pub(crate) fn at_most_times(
        what: impl Into<String>,
        value: f64,
        unit: &'static str,
        (times, limit, of): (f64, f64, &str),
    ) -> Self {
        let target = format!("≤ {times} × {of}");
        Self { what: what.into(), value, unit, limit: Some(limit), target, is_reached: value <= times * limit }
    }

    /// Returns the figure as a share of the limit.
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
    /// Returns an empty report.
    pub(crate) fn new(is_json: bool) -> Self {
        Self { is_json, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints progress on standard error.
    #[expect(clippy::print_stderr, reason = "progress of a long run")]
    pub(crate) fn progress(text: &str) {
        eprintln!("… {text}");
    }

    /// Prints all rows as a table; with JSON, only the JSON goes to standard output.
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self) {
        if self.is_json {
            eprintln!("{}", self.table());
            println!("{}", serde_json::to_string(&self.rows).expect("invariant: rows are plain data"));
        } else {
            println!("{}", self.table());
        }
    }

    fn table(&self) -> String {
        let head = format!("{:<64} {:>12} {:>12} {:>7}  {:<6} target", "what", "value", "limit", "ratio", "unit");
        let rows = self.rows.iter().map(|row| {
            let limit = row.limit.map_or_else(String::new, |limit| format!("{limit:.2}"));
            let ratio = row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let mark = if row.is_reached { "reached" } else { "MISSED" };
            let (what, value, unit, target) = (&row.what, row.value, row.unit, &row.target);
            format!("{what:<64} {value:>12.2} {limit:>12} {ratio:>7}  {unit:<6} {target} — {mark}")
        });
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
    }
}
