//! Who a request comes from when proxies forward it: the nearest address that is not one of the trusted proxies. Pure; must
//! not know what the request asks for.

#![deny(clippy::disallowed_methods)]

use std::net::{IpAddr, SocketAddr};

use hyper::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::access::Origin;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Headers that only a proxy sets.
const OF_PROXIES: [HeaderName; 9] = [
    FORWARDED,
    hyper::header::VIA,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
];

/// Whether a proxy forwards the request: the proxy may be on this machine, but its client need not be.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    OF_PROXIES.iter().any(|name| headers.contains_key(name))
}

/// The proxies whose word about their clients is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// What one header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    /// The client's address.
    At(IpAddr),
    /// The nearest one has no address that can be read.
    Unreadable,
}

impl TrustedProxies {
    /// Reads addresses (`10.0.0.5`) and networks (`10.0.0.0/8`).
    ///
    /// # Errors
    /// The first entry that is neither.
    pub fn parse(entries: &[String]) -> Result<Self, &str> {
        let network = |entry: &String| entry.parse().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from)).ok();
        entries.iter().map(|entry| network(entry).ok_or(entry.as_str())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether none is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns where a request comes from, by its connection and its headers.
    pub(super) fn origin(&self, connection: Origin, headers: &HeaderMap) -> Origin {
        let Some(peer) = connection.address else {
            // A proxy on a Unix socket is not the user it forwards for.
            let is_own = !is_forwarded(headers);
            return if is_own { connection } else { Origin { uid: None, is_loopback: false, address: None } };
        };
        if !self.contains(peer) {
            return connection;
        }
        let x_forwarded_for = self.client(&hops(headers, &X_FORWARDED_FOR, |hop| Some(hop)));
        let forwarded = self.client(&hops(headers, &FORWARDED, for_of));
        let client = match (x_forwarded_for, forwarded) {
            (None, None) => return connection,
            (Some(client), None) | (None, Some(client)) => client,
            // A proxy sets one of them and passes on the other as its client wrote it.
            (Some(one), Some(other)) if one == other => one,
            (Some(_), Some(_)) => Client::Unreadable,
        };
        let address = match client {
            Client::At(address) => address,
            Client::Unreadable => peer,
        };
        // A proxy's loopback is not ours.
        Origin { uid: None, is_loopback: false, address: Some(address) }
    }

    fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The last hop that is no trusted proxy, else the first of all; `None` if there are none.
    fn client(&self, hops: &[Option<IpAddr>]) -> Option<Client> {
        let is_trusted = |hop: &Option<IpAddr>| hop.is_some_and(|address| self.contains(address));
        let client = hops.iter().rev().find(|hop| !is_trusted(hop)).or(hops.first())?;
        Some(client.map_or(Client::Unreadable, Client::At))
    }
}

/// The hops of all lines of a header, the nearest last; `None` for one without an address that can be read.
fn hops(headers: &HeaderMap, name: &HeaderName, address_in: fn(&str) -> Option<&str>) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    for line in headers.get_all(name) {
        match line.to_str() {
            Ok(line) => {
                let entries = split(line, ',').into_iter().map(str::trim).filter(|entry| !entry.is_empty());
                hops.extend(entries.map(|entry| address_in(entry).and_then(address)));
            }
            Err(_) => hops.push(None),
        }
    }
    hops
}

/// The value of `for` in an element of `Forwarded` (RFC 7239 § 4).
fn for_of(element: &str) -> Option<&str> {
    split(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })
}

/// Reads an address, with or without port, brackets and quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let read = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    read.ok().map(|address: IpAddr| address.to_canonical())
}

/// Splits at a separator outside quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = |c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    };
    text.split(is_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.5";

    fn proxies(entries: &[&str]) -> TrustedProxies {
        let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
        TrustedProxies::parse(&entries).expect("networks")
    }

    /// Where a request that the proxy sends with these headers comes from.
    fn origin(connection: &str, lines: &[(&'static str, &str)]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a header"));
        }
        let address: IpAddr = connection.parse().expect("an address");
        let connection = Origin { uid: None, is_loopback: address.is_loopback(), address: Some(address) };
        let found = proxies(&["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"]).origin(connection, &headers);
        (found.address.expect("an address").to_string(), found.is_loopback)
    }

    fn client(lines: &[(&'static str, &str)]) -> String {
        origin(PROXY, lines).0
    }

    #[test]
    fn the_nearest_address_that_is_no_trusted_proxy_is_the_clients() {
        assert_eq!(client(&[("x-forwarded-for", "192.0.2.9")]), "192.0.2.9");
        assert_eq!(client(&[("x-forwarded-for", "198.51.100.1, 192.0.2.9, 10.1.1.1")]), "192.0.2.9", "one was made up");
        assert_eq!(client(&[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.9")]), "192.0.2.9");
        assert_eq!(client(&[("x-forwarded-for", "10.3.3.3, 10.1.1.1")]), "10.3.3.3", "a client beside the proxies");
        assert_eq!(client(&[("x-forwarded-for", "192.0.2.9:4711")]), "192.0.2.9");
        assert_eq!(client(&[("x-forwarded-for", "[2001:470::1]:4711")]), "2001:470::1");
        assert_eq!(client(&[("x-forwarded-for", "::ffff:192.0.2.9")]), "192.0.2.9");
        assert_eq!(client(&[]), PROXY);
        assert_eq!(client(&[("x-real-ip", "192.0.2.9"), ("x-forwarded-for", "")]), PROXY);
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says() {
        assert_eq!(client(&[("forwarded", "for=192.0.2.43, for=192.0.2.9;proto=http;by=203.0.113.43")]), "192.0.2.9");
        assert_eq!(client(&[("forwarded", "proto=http; For=\"[2001:470::17]:4711\"")]), "2001:470::17");
        assert_eq!(client(&[("forwarded", "for=192.0.2.9;host=\"a,b;for=1.1.1.1\"")]), "192.0.2.9");
        assert_eq!(client(&[("forwarded", "for=198.51.100.1, for=_hidden")]), PROXY, "not the one behind it");
        assert_eq!(client(&[("forwarded", "for=\"198.51.100.1, for=192.0.2.9")]), PROXY);
    }

    #[test]
    fn two_headers_that_disagree_name_nobody() {
        let lines = [("x-forwarded-for", "192.0.2.9"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(origin(PROXY, &lines), (PROXY.to_owned(), false));
        assert_eq!(client(&[("x-forwarded-for", "192.0.2.9"), ("forwarded", "for=192.0.2.9")]), "192.0.2.9");
    }

    #[test]
    fn others_are_not_believed_and_nobody_becomes_local_by_a_header() {
        let spoofed = [("x-forwarded-for", "127.0.0.1")];
        assert_eq!(origin("192.0.2.66", &spoofed), ("192.0.2.66".to_owned(), false));
        assert_eq!(origin(PROXY, &spoofed), ("127.0.0.1".to_owned(), false));
        assert_eq!(origin("127.0.0.1", &[("x-forwarded-for", "192.0.2.9")]), ("192.0.2.9".to_owned(), false));
        assert_eq!(origin("127.0.0.1", &[]), ("127.0.0.1".to_owned(), true));
        let mut headers = HeaderMap::new();
        let socket = Origin { uid: Some(33), is_loopback: true, address: None };
        assert_eq!(proxies(&[]).origin(socket, &headers), socket);
        headers.insert("x-forwarded-for", "192.0.2.9".parse().expect("a header"));
        let forwarded = Origin { uid: None, is_loopback: false, address: None };
        assert_eq!(proxies(&[]).origin(socket, &headers), forwarded, "the proxy's user is not the client");
    }

    #[test]
    fn an_entry_is_an_address_or_a_network() {
        let entries = ["10.0.0.0/8".to_owned(), "nginx".to_owned()];
        assert_eq!(TrustedProxies::parse(&entries), Err("nginx"));
        assert_eq!(proxies(&["::1"]), proxies(&["::1/128"]));
    }

    #[test]
    fn each_usual_header_of_a_proxy_says_that_a_request_is_forwarded() {
        let names = [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-real-ip",
            "x-client-ip",
            "x-forwarded-host",
            "x-forwarded-proto",
            "cf-connecting-ip",
            "true-client-ip",
        ];
        for name in names {
            let mut headers = HeaderMap::new();
            headers.insert("host", "localhost".parse().expect("a value"));
            assert!(!is_forwarded(&headers));
            headers.insert(name, "192.0.2.9".parse().expect("a value"));
            assert!(is_forwarded(&headers), "{name}");
        }
    }
}
