//! Checks the listen addresses: whether they are free, or in use by the running server. Must not know
//! other checks.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::check::Check;
use super::unix_socket;
use crate::transport::Listen;

/// Checks all of them. `is_running`: a server holds the data folder.
pub(super) fn checks(listen: &Listen, is_running: bool) -> Vec<Check> {
    let tcp = listen.tcp.iter().map(|address| tcp("listen", *address, "--listen", is_running));
    let metrics = listen.metrics.iter().map(|address| tcp_metrics(*address, is_running));
    let unix = listen.unix.iter().map(|unix| socket(&unix.path, is_running));
    unix.chain(tcp).chain(metrics).collect()
}

fn tcp_metrics(address: SocketAddr, is_running: bool) -> Check {
    tcp("metrics listen", address, "--metrics-listen", is_running)
}

fn tcp(name: &'static str, address: SocketAddr, flag: &str, is_running: bool) -> Check {
    if address.port() == 0 {
        return Check::ok(name, format!("{address}: takes a free port"));
    }
    match TcpListener::bind(address) {
        Ok(_) => Check::ok(name, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => in_use(name, &address.to_string(), flag, is_running),
        Err(error) => {
            let advice = format!("choose an address of this machine that the user may use, with {flag}");
            Check::fail(name, format!("{address} cannot be used: {error}"), advice)
        }
    }
}

fn in_use(name: &'static str, place: &str, flag: &str, is_running: bool) -> Check {
    if is_running {
        return Check::ok(name, format!("{place} is in use; a server runs"));
    }
    let advice = format!("stop the program that listens there, or choose another with {flag}");
    Check::fail(name, format!("{place} is in use by another program"), advice)
}

fn socket(path: &Path, is_running: bool) -> Check {
    let (name, shown) = ("unix socket", path.display());
    let other = "choose another path with --unix";
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            Check::fail(name, format!("{shown} is there already and no socket"), format!("move it away, or {other}"))
        }
        Ok(_) => match unix_socket::connect(path) {
            Ok(_) => in_use(name, &shown.to_string(), "--unix", is_running),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let advice = "the server there hangs: look into its log, and restart it";
                Check::fail(name, format!("{shown} is in use, and takes no connections"), advice)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                Check::ok(name, format!("{shown} is left from a server that was killed; the next one replaces it"))
            }
            Err(error) => Check::fail(name, format!("{shown} cannot be used: {error}"), other),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            match rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK) {
                Ok(()) => Check::ok(name, format!("{shown} is free")),
                Err(error) => {
                    let advice = format!("make the folder for the user the server runs as, or {other}");
                    Check::fail(name, format!("{shown} cannot be made: {}: {error}", folder.display()), advice)
                }
            }
        }
        Err(error) => Check::fail(name, format!("{shown} cannot be used: {error}"), other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Level;
    use super::*;

    #[test]
    fn a_place_in_use_is_right_only_while_a_server_runs() {
        let held = TcpListener::bind("127.0.0.1:0").expect("a port");
        let listen = Listen { tcp: vec![held.local_addr().expect("an address")], ..Listen::default() };
        assert_eq!(checks(&listen, true)[0].level, Level::Ok);
        assert_eq!(checks(&listen, false)[0].level, Level::Fail);
        drop(held);
        assert!(checks(&listen, false)[0].message.contains("is free"));
    }

    #[test]
    fn a_server_that_hangs_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let _hung = unix_socket::hung(&path);
        let check = socket(&path, true);
        assert_eq!((check.level, check.message.contains("takes no connections")), (Level::Fail, true));
    }

    #[test]
    fn a_socket_is_free_left_over_or_something_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        assert_eq!(socket(&path, false).level, Level::Ok);
        assert_eq!(socket(&folder.path().join("none/s"), false).level, Level::Fail);
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        assert_eq!(socket(&path, false).level, Level::Fail);
        drop(listener);
        assert!(socket(&path, false).message.contains("was killed"));
        std::fs::remove_file(&path).expect("ours");
        std::fs::write(&path, "notes").expect("written");
        assert!(socket(&path, false).message.contains("no socket"));
    }
}
