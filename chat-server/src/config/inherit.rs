//! Settings of a server whose sockets are open already. Must not know who opened them.

use super::check::{Config, takes_setup_code};
use crate::transport::Inherited;

impl Config {
    /// Listens at these sockets, too. The default address is for a server that has no other.
    #[must_use]
    pub fn inherit(mut self, sockets: Inherited) -> Self {
        if !sockets.is_empty() && self.listens_by_default {
            self.listen.tcp.clear();
        }
        self.listen.inherited = sockets;
        self.takes_setup_code = takes_setup_code(self.server.registration, &self.listen);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::overrides::Overrides;
    use super::*;

    fn with(socket: Option<&str>, listen: &[&str]) -> Config {
        let listen = listen.iter().map(ToString::to_string).collect();
        let over = Overrides { listen, data: Some("/x".into()), ..Overrides::default() };
        let sockets =
            socket.map(|address| Inherited::of(TcpListener::bind(address).expect("bound"))).unwrap_or_default();
        Config::load(None, &over).expect("right").inherit(sockets)
    }

    #[test]
    fn the_default_address_is_only_for_a_server_without_a_socket() {
        assert_eq!(with(None, &[]).listen.tcp.len(), 1);
        assert_eq!(with(Some("127.0.0.1:0"), &[]).listen.tcp, []);
        assert_eq!(with(Some("127.0.0.1:0"), &["127.0.0.1:0"]).listen.tcp.len(), 1);
    }

    #[test]
    fn a_socket_that_is_reached_from_elsewhere_asks_for_a_setup_code() {
        assert!(!with(Some("127.0.0.1:0"), &[]).takes_setup_code);
        assert!(with(Some("0.0.0.0:0"), &[]).takes_setup_code);
    }
}
