//! The server's metrics that matter to its users, as checks. Must not know how checks are printed.

use std::collections::HashMap;

use chat_proto::time::CLOCKS_APART_MS;

use super::check::Check;
use crate::net::{ServerAddress, metrics};

/// Returns checks of the server's metrics; none if the server does not show them to us or cannot be reached, which the
/// caller finds out when it connects.
pub(super) async fn check(address: &ServerAddress) -> Vec<Check> {
    let page = metrics(address).await.ok().flatten();
    page.map(|page| ServerMetrics::read(&page).checks()).unwrap_or_default()
}

/// Returns how many ephemeral messages end if the server ends: none if Redis keeps them, or if the server cannot be asked.
#[cfg(feature = "local-server")]
pub(in crate::cli::command) async fn ephemeral_at_stake(address: &ServerAddress) -> u64 {
    let page = metrics(address).await.ok().flatten();
    page.map(|page| ServerMetrics::read(&page).ephemeral_at_stake()).unwrap_or_default()
}

/// Samples of the Prometheus text format, by name and labels.
struct ServerMetrics(HashMap<String, f64>);

impl ServerMetrics {
    fn read(page: &str) -> Self {
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter_map(|line| line.rsplit_once(' '));
        Self(samples.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// Returns a counter; 0 if the sample is missing.
    fn count(&self, name: &str) -> u64 {
        self.get(name).unwrap_or(0.0) as u64
    }

    /// Returns the lowest bucket bound that covers this part of a histogram; `None` if it is empty or no bound does.
    fn quantile_bound(&self, histogram: &str, part: f64) -> Option<f64> {
        let count = self.get(&format!("{histogram}_count")).filter(|count| *count > 0.0)?;
        let prefix = format!("{histogram}_bucket{{le=\"");
        let bounds = self.0.iter().filter_map(|(name, so_far)| {
            let bound: f64 = name.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse().ok()?;
            (bound.is_finite() && *so_far >= part * count).then_some(bound)
        });
        bounds.min_by(f64::total_cmp)
    }

    #[cfg(feature = "local-server")]
    fn ephemeral_at_stake(&self) -> u64 {
        let is_kept_in_redis = self.get("chat_redis_reconnects_total").is_some();
        if is_kept_in_redis { 0 } else { self.count("chat_ephemeral_alive") }
    }

    fn checks(&self) -> Vec<Check> {
        let (connections, accounts) = (self.count("chat_connections"), self.count("chat_accounts_connected"));
        let people = Check::ok("connections", format!("{connections}, of {accounts} accounts"));
        let mut checks = vec![people.with("connections", connections).with("accounts", accounts)];
        if let Some(is_writable) = self.get("chat_database_available") {
            let advice = "persistent messages are refused until its disk is writable; see the server's log";
            checks.push(if is_writable > 0.0 {
                Check::ok("database", "writable")
            } else {
                Check::fail("database", "not writable", advice)
            });
        }
        checks.extend(self.clock());
        checks.extend(self.ephemeral());
        checks.push(self.acknowledgements());
        checks
    }

    fn clock(&self) -> Option<Check> {
        let ahead_s = self.get("chat_clock_ahead_seconds")?;
        let check = if ahead_s.abs() * 1e3 < CLOCKS_APART_MS as f64 {
            Check::ok("server's clock", "in sync with the system clock")
        } else {
            let word = if ahead_s > 0.0 { "behind" } else { "ahead of" };
            let message = format!("{:.0} s {word} the system clock, which was changed", ahead_s.abs());
            Check::warn("server's clock", message, "check the system's time there, then restart the server")
        };
        Some(check.with("ahead_s", ahead_s))
    }

    fn ephemeral(&self) -> Option<Check> {
        if self.get("chat_live_available")? < 1.0 {
            let advice = "persistent messages still work; see the server's log, and check its Redis (--redis URL)";
            return Some(Check::fail("ephemeral", "unavailable", advice));
        }
        let waiting = self.count("chat_live_refills_waiting");
        if waiting > 0 {
            let message = format!("{waiting} rooms cannot write their messages back after a loss");
            let advice = "a restart would lose them: give Redis more memory, or wait until some expire";
            return Some(Check::warn("ephemeral", message, advice).with("refills_waiting", waiting));
        }
        let (alive, bytes) = (self.count("chat_ephemeral_alive"), self.count("chat_ephemeral_bytes"));
        let check = Check::ok("ephemeral", format!("available; {alive} messages, {bytes} bytes"));
        Some(check.with("alive", alive).with("bytes", bytes))
    }

    fn acknowledgements(&self) -> Check {
        let name = "chat_acknowledgement_seconds";
        let count = self.count(&format!("{name}_count"));
        if count == 0 {
            return Check::ok("acknowledged", "none yet").with("count", count);
        }
        let bounds = [("p50_within_ms", 0.5), ("p99_within_ms", 0.99)];
        let quantile_bound =
            bounds.map(|(figure, part)| (figure, self.quantile_bound(name, part).map(|seconds| seconds * 1e3)));
        let texts = quantile_bound.map(|(_, ms)| ms.map_or_else(|| "seconds".to_owned(), |ms| format!("≤ {ms} ms")));
        let message = format!("p50 {}, p99 {} of {count} messages", texts[0], texts[1]);
        let known = quantile_bound.into_iter().filter_map(|(figure, ms)| Some((figure, ms?)));
        known
            .fold(Check::ok("acknowledged", message), |check, (figure, ms)| check.with(figure, ms))
            .with("count", count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    const PAGE: &str = "\
# TYPE chat_connections gauge
chat_connections 3
chat_accounts_connected 2
chat_database_available 1
chat_clock_ahead_seconds -0.5
chat_live_available 1
chat_ephemeral_alive 4
chat_ephemeral_bytes 900
chat_acknowledgement_seconds_bucket{le=\"0.0005\"} 1
chat_acknowledgement_seconds_bucket{le=\"0.001\"} 60
chat_acknowledgement_seconds_bucket{le=\"0.25\"} 99
chat_acknowledgement_seconds_bucket{le=\"+Inf\"} 100
chat_acknowledgement_seconds_count 100
";

    fn messages(page: &str) -> Vec<(Level, String)> {
        ServerMetrics::read(page).checks().into_iter().map(|check| (check.level, check.message)).collect()
    }

    #[test]
    fn a_metrics_page_becomes_checks() {
        let texts = messages(PAGE);
        let expected = [
            "3, of 2 accounts",
            "writable",
            "in sync with the system clock",
            "available; 4 messages, 900 bytes",
            "p50 ≤ 1 ms, p99 ≤ 250 ms of 100 messages",
        ];
        assert_eq!(texts, expected.map(|message| (Level::Ok, message.to_owned())));
    }

    #[cfg(feature = "local-server")]
    #[test]
    fn ephemeral_messages_in_redis_are_not_at_stake() {
        assert_eq!(ServerMetrics::read(PAGE).ephemeral_at_stake(), 4);
        let with_redis = format!("{PAGE}chat_redis_reconnects_total 0\n");
        assert_eq!(ServerMetrics::read(&with_redis).ephemeral_at_stake(), 0);
        assert_eq!(ServerMetrics::read("").ephemeral_at_stake(), 0);
    }

    #[test]
    fn rooms_that_wait_for_the_live_store_are_worth_a_warning() {
        let found = |count| messages(&format!("{PAGE}chat_live_refills_waiting {count}\n"))[3].clone();
        assert_eq!(found(0).0, Level::Ok);
        assert_eq!(found(2), (Level::Warn, "2 rooms cannot write their messages back after a loss".to_owned()));
    }

    #[test]
    fn a_clock_that_was_set_is_worth_a_warning() {
        let found = |ahead: &str| messages(&PAGE.replace("ahead_seconds -0.5", ahead))[2].clone();
        assert_eq!(found("ahead_seconds 59.9").0, Level::Ok);
        let warned = |text: &str| (Level::Warn, text.to_owned());
        assert_eq!(found("ahead_seconds 3600"), warned("3600 s behind the system clock, which was changed"));
        assert_eq!(found("ahead_seconds -60"), warned("60 s ahead of the system clock, which was changed"));
    }

    #[test]
    fn unavailable_stores_fail_and_unbounded_latency_has_no_figure() {
        let page = PAGE.replace("available 1", "available 0").replace("le=\"0.25\"} 99", "le=\"0.25\"} 98");
        let texts = messages(&page);
        assert_eq!(texts[1], (Level::Fail, "not writable".to_owned()));
        assert_eq!(texts[3], (Level::Fail, "unavailable".to_owned()));
        assert_eq!(texts[4].1, "p50 ≤ 1 ms, p99 seconds of 100 messages");
        assert_eq!(messages("")[1].1, "none yet");
    }
}
