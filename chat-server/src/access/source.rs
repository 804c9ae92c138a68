//! Whose share of something an unknown caller uses: that of a network or of a user of this machine. Pure; must not know what
//! is shared.

#![deny(clippy::disallowed_methods)]

use std::net::{IpAddr, Ipv6Addr};

use super::Origin;

/// The bits of an IPv6 address that name a network. One subscriber usually holds a whole network, with all of its addresses.
const NETWORK_BITS: u32 = 64;

/// Those who have one share together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A user of this machine, over a Unix socket.
    User(u32),
    /// An IPv4 address, or the network of an IPv6 address (/64).
    Network(IpAddr),
    /// All others.
    Unknown,
}

impl Origin {
    /// Whose share a caller from here uses.
    pub fn source(&self) -> Source {
        match (self.uid, self.address.map(|address| address.to_canonical())) {
            (Some(uid), _) => Source::User(uid),
            (None, Some(IpAddr::V6(address))) if !address.is_loopback() => {
                let network = address.to_bits() >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS);
                Source::Network(Ipv6Addr::from_bits(network).into())
            }
            (None, Some(address)) => Source::Network(address),
            (None, None) => Source::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_share_and_users_of_this_machine_do_not() {
        let source = |address: &str| {
            let address: IpAddr = address.parse().expect("an address");
            Origin { uid: None, is_loopback: false, address: Some(address) }.source()
        };
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
        assert_ne!(source("::1"), source("::2"));
        let user = |uid| Origin { uid: Some(uid), is_loopback: true, address: None }.source();
        assert_ne!(user(1), user(2));
    }
}
