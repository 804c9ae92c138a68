//! Addresses to listen at as operators type them: `10.0.0.5:4000`, `localhost:4000`, `:4000`, `4000`. Must not know which
//! setting they are for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Reads an address; a name of a host is looked up.
///
/// # Errors
/// A clause for the operator.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let no_address = || format!("{text:?} is no address; one looks like 127.0.0.1:4000, localhost:4000 or :4000");
    let (host, port) = text.rsplit_once(':').ok_or_else(no_address)?;
    let port: u16 = port.parse().map_err(|_| no_address())?;
    if host.is_empty() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port));
    }
    let found = (host, port).to_socket_addrs().map_err(|error| format!("the host {host:?} is not found: {error}"))?;
    let found: Vec<SocketAddr> = found.collect();
    // localhost is often both; clients try both, and some machines have only the older one.
    let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
    address.copied().ok_or_else(|| format!("the host {host:?} has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_every_usual_form() {
        for (text, address) in [
            ("10.0.0.5:4000", "10.0.0.5:4000"),
            ("[::1]:4000", "[::1]:4000"),
            ("localhost:4601", "127.0.0.1:4601"),
            (":4000", "0.0.0.0:4000"),
            ("4601", "127.0.0.1:4601"),
        ] {
            assert_eq!(listen_address(text), Ok(address.parse().expect("an address")), "{text}");
        }
        for wrong in ["", "here", "host:", "host:70000", "no such host:4000"] {
            assert!(listen_address(wrong).is_err(), "{wrong}");
        }
    }
}
