//! The names under which the pages for operators answer. A web page can lead a browser here by a name of its own (DNS rebinding)
//! and would read them; its requests still say that name. Pure; must not know what the pages say.

#![deny(clippy::disallowed_methods)]

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap};

/// The names of this server that its operator gave it, in small letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNames(Vec<String>);

impl HostNames {
    /// Reads names of hosts, without ports.
    ///
    /// # Errors
    /// The first entry that is none.
    pub fn parse(entries: &[String]) -> Result<Self, &str> {
        let is_name = |entry: &String| {
            !entry.is_empty() && entry.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        match entries.iter().find(|entry| !is_name(entry)) {
            Some(entry) => Err(entry),
            None => Ok(Self(entries.iter().map(|entry| entry.to_ascii_lowercase()).collect())),
        }
    }

    /// Whether a request names this server: by an address, which no page can choose, by a name of this machine, or by one of
    /// the operator's. One that names nothing comes from no browser.
    pub(super) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        hosts.all(|host| host.to_str().is_ok_and(|host| self.contains(without_port(host))))
    }

    fn contains(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_local = host == "localhost" || host.ends_with(".localhost");
        is_local || host.parse::<IpAddr>().is_ok() || self.0.contains(&host)
    }
}

/// `[::1]:4000` and `::1` from `[::1]`, `name` from `name:4000`.
fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn addresses_names_of_this_machine_and_the_operators_are_admitted_and_no_other() {
        let names = HostNames::parse(&["Chat.Example.org".to_owned()]).expect("a name");
        let admits = |hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_str(host).expect("a value"));
            }
            names.admit(&headers)
        };
        for host in
            ["localhost", "localhost:4000", "a.localhost", "127.0.0.1:4000", "[::1]:4000", "10.0.0.5", "LOCALHOST."]
        {
            assert!(admits(&[host]), "{host}");
        }
        assert!(admits(&["chat.example.org"]) && admits(&["CHAT.example.org:443"]) && admits(&[]));
        for host in [
            "evil.example",
            "evil.example:4000",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(!admits(&[host]), "{host}");
        }
        assert!(!admits(&["localhost", "evil.example"]), "every one counts");
        let wrong = ["chat.example.org:4000".to_owned()];
        assert_eq!(HostNames::parse(&wrong), Err("chat.example.org:4000"));
    }
}
