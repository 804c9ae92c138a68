//! Checks the clock of the running server against the system's: asks one of its addresses for its metrics. Must not know the
//! server's rules.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use chat_proto::time::CLOCKS_APART_MS;

use super::check::Check;
use super::unix_socket;
use crate::transport::Listen;

/// How long an address may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// The longest page that is read.
const PAGE_MAX_BYTES: u64 = 1 << 20;
const FIGURE: &str = "chat_clock_ahead_seconds ";

/// Checks the clock; `None` if no address answers with it.
pub(super) fn check(listen: &Listen) -> Option<Check> {
    let sockets = listen.unix.iter().filter_map(|unix| ask_socket(&unix.path).ok());
    let tcp = listen.metrics.iter().chain(&listen.tcp).filter(|address| address.port() != 0);
    let mut pages = sockets.chain(tcp.filter_map(|address| ask_tcp(*address).ok()));
    pages.find_map(|page| ahead_s(&page)).map(judge)
}

fn judge(ahead_s: f64) -> Check {
    let shown = format!("{:.0} s", ahead_s.abs());
    let check = if ahead_s.abs() * 1e3 < CLOCKS_APART_MS as f64 {
        Check::ok("clock", "the server goes by the system's clock")
    } else {
        let word = if ahead_s > 0.0 { "ahead of" } else { "behind" };
        let advice = "check the system's time, then restart the server: it follows by 1 ms per second only";
        Check::warn("clock", format!("the system's clock was set: it is {shown} {word} the server's"), advice)
    };
    check.time("apart_ms", Duration::from_secs_f64(ahead_s.abs()))
}

fn ahead_s(page: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(FIGURE))?.parse().ok().filter(|ahead_s: &f64| ahead_s.is_finite())
}

fn ask_socket(path: &std::path::Path) -> std::io::Result<String> {
    let stream = unix_socket::connect(path)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    ask(stream)
}

fn ask_tcp(address: std::net::SocketAddr) -> std::io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    ask(stream)
}

/// HTTP 1.0: the answer ends with the connection and comes in one piece.
fn ask(mut stream: impl Read + Write) -> std::io::Result<String> {
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(PAGE_MAX_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    #[test]
    fn a_difference_of_a_minute_is_worth_a_warning_in_either_direction() {
        let found = |value: &str| ahead_s(&format!("# HELP\nchat_clock_ahead_seconds {value}\n")).map(judge);
        let level = |value| found(value).map(|check| check.level);
        assert_eq!((level("0"), level("-59.9")), (Some(Level::Ok), Some(Level::Ok)));
        assert_eq!((level("60"), level("-3600")), (Some(Level::Warn), Some(Level::Warn)));
        let message = found("-3600").map(|check| check.message).unwrap_or_default();
        assert_eq!(message, "the system's clock was set: it is 3600 s behind the server's");
        assert_eq!((found(""), found("NaN")), (None, None));
        assert_eq!(check(&Listen::default()), None);
    }
}
