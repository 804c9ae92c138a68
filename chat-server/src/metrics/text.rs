//! The Prometheus text format 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>. Pure; must not
//! know which figures there are.

#![deny(clippy::disallowed_methods)]

use std::fmt::{Display, Write};

use crate::histogram::Distribution;

/// The format's HTTP content type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The unit of a histogram's whole numbers, relative to the unit in its name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// The same unit.
    One,
    /// A millionth: it counts microseconds and is named in seconds.
    Millionth,
}

impl Unit {
    fn of(self, number: u64) -> f64 {
        match self {
            Self::One => number as f64,
            Self::Millionth => number as f64 / 1e6,
        }
    }
}

/// A page being written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds a gauge.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.line(format_args!("{name} {value}"));
    }

    /// Adds a counter; its name ends with `_total`.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "counter", help);
        self.line(format_args!("{name} {value}"));
    }

    /// Adds a gauge of 0 or 1.
    pub(super) fn claim(&mut self, name: &str, help: &str, holds: bool) {
        self.gauge(name, help, u8::from(holds));
    }

    /// Adds an info metric with one label. The value must not contain quotes, line ends or backslashes.
    pub(super) fn info(&mut self, name: &str, help: &str, (label, value): (&str, &str)) {
        self.head(name, "gauge", help);
        self.line(format_args!("{name}{{{label}=\"{value}\"}} 1"));
    }

    /// Adds a histogram.
    pub(super) fn histogram(&mut self, name: &str, help: &str, held: &Distribution, unit: Unit) {
        self.head(name, "histogram", help);
        let mut so_far = 0;
        for (bound, count) in held.bounds.iter().zip(&held.counts) {
            so_far += count;
            self.line(format_args!("{name}_bucket{{le=\"{}\"}} {so_far}", unit.of(*bound)));
        }
        let count = held.count();
        self.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {count}"));
        self.line(format_args!("{name}_sum {}", unit.of(held.sum)));
        self.line(format_args!("{name}_count {count}"));
    }

    /// Returns the page as it is sent.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let mut page = Page::default();
        page.counter("chat_posts_total", "Messages accepted.", 7);
        page.claim("chat_live_available", "Whether it is there.", true);
        page.info("chat_build_info", "The server.", ("version", "0.1.0"));
        let held = Distribution { bounds: &[100, 2_500_000], counts: vec![3, 1, 2], sum: 9_000_100 };
        page.histogram("chat_commit_seconds", "How long commits take.", &held, Unit::Millionth);
        let expected = "\
# HELP chat_posts_total Messages accepted.
# TYPE chat_posts_total counter
chat_posts_total 7
# HELP chat_live_available Whether it is there.
# TYPE chat_live_available gauge
chat_live_available 1
# HELP chat_build_info The server.
# TYPE chat_build_info gauge
chat_build_info{version=\"0.1.0\"} 1
# HELP chat_commit_seconds How long commits take.
# TYPE chat_commit_seconds histogram
chat_commit_seconds_bucket{le=\"0.0001\"} 3
chat_commit_seconds_bucket{le=\"2.5\"} 4
chat_commit_seconds_bucket{le=\"+Inf\"} 6
chat_commit_seconds_sum 9.0001
chat_commit_seconds_count 6
";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn whole_numbers_keep_their_size() {
        let mut page = Page::default();
        let held = Distribution { bounds: &[1], counts: vec![0, 1], sum: 64 };
        page.histogram("x", "X.", &held, Unit::One);
        assert!(page.into_text().contains("x_bucket{le=\"1\"} 0\nx_bucket{le=\"+Inf\"} 1\nx_sum 64\n"));
    }
}
