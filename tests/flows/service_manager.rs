//! A server under a service manager: it reports its state, and serves sockets that were opened for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chat_tests::program;
use chat_tests::running::Running;
use chat_tests::server::Server;
use chat_tests::wait;

/// Returns the next report that is not a sign of life.
fn next_report(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 4_096];
    loop {
        let length = manager.recv(&mut bytes).expect("a report in time");
        let report = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if report != "WATCHDOG=1\n" {
            return report;
        }
    }
}

#[test]
fn the_service_manager_hears_of_the_start_a_reload_signs_of_life_and_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("bound");
    manager.set_read_timeout(Some(wait::LIMIT)).expect("set");
    let path = path.to_str().expect("UTF-8");
    let variables = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "200000")];
    let mut server = Server::start_with_variables(&[], "", &variables);
    let report = next_report(&manager);
    assert!(report.starts_with("READY=1\nSTATUS=takes connections at unix:"), "{report}");
    assert!(report.contains(&format!(" ws://{}\n", server.address())), "{report}");
    let mut bytes = [0; 64];
    let length = manager.recv(&mut bytes).expect("a sign of life");
    assert_eq!(&bytes[..length], b"WATCHDOG=1\n");
    server.configure("[limits]\nposts_burst = \"many\"\n");
    server.hang_up();
    let report = next_report(&manager);
    assert!(report.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{report}");
    assert_eq!(next_report(&manager), "READY=1\n", "it goes on with the former settings");
    assert!(server.log().contains("are wrong; the former ones stay in force"), "before it says so");
    server.configure("[limits]\nposts_burst = 7\n");
    server.hang_up();
    assert!(next_report(&manager).starts_with("RELOADING=1\n"));
    assert_eq!(next_report(&manager), "READY=1\n");
    assert!(server.log().contains("limits.posts_burst = 7"), "they are in force before it says so");
    assert!(server.terminate().success());
    assert_eq!(next_report(&manager), "STOPPING=1\n");
}

#[test]
fn a_service_manager_that_reads_nothing_does_not_stop_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let _manager = UnixDatagram::bind(&path).expect("bound");
    let variables = [("NOTIFY_SOCKET", path.to_str().expect("UTF-8")), ("WATCHDOG_USEC", "20000")];
    let mut server = Server::start_with_variables(&[], "", &variables);
    let sender = UnixDatagram::unbound().expect("a socket");
    sender.set_nonblocking(true).expect("set");
    wait::until("a full queue", || sender.send_to(b"X=1\n", &path).is_err().then_some(()));
    assert!(server.terminate().success());
}

/// Starts a server as a service manager does that opened these sockets. Returns it with its ready line; the line is empty if
/// it ended instead.
fn start_with(folder: &Path, first: impl Into<OwnedFd>, second: impl Into<OwnedFd>) -> (Running, String) {
    // A shell puts them where the server looks, and says whom they are for: the process that it becomes.
    let script = "exec 3<&0 4<&2 0</dev/null 2>>\"$1\"; shift; LISTEN_PID=$$ LISTEN_FDS=2 exec \"$@\"";
    let child = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder.join("log"))
        .arg(program::path("chat-server"))
        .arg("--data")
        .arg(folder.join("data"))
        .stdin(Stdio::from(first.into()))
        .stderr(Stdio::from(second.into()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut running = Running(child);
    let mut line = String::new();
    let output = running.0.stdout.take().expect("piped");
    BufReader::new(output).read_line(&mut line).expect("readable");
    (running, line)
}

fn health(mut stream: impl Read + Write) -> String {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

#[test]
fn sockets_of_the_service_manager_are_served_and_outlive_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("bound");
    let unix = UnixListener::bind(&path).expect("bound");
    let address = tcp.local_addr().expect("an address");
    for _ in 0..2 {
        // Nobody listens yet, or any more; who connects waits for the server.
        let (early, also_early) = (TcpStream::connect(address), UnixStream::connect(&path));
        let (server, line) =
            start_with(folder.path(), tcp.try_clone().expect("a socket"), unix.try_clone().expect("a socket"));
        let expected = format!("ready unix:{} ws://{address} pid {} data", path.display(), server.pid());
        assert!(line.starts_with(&expected), "{line:?}; the log:\n{}", log(folder.path()));
        let (early, also_early) = (early.expect("it is open"), also_early.expect("it is open"));
        early.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        assert!(health(early).starts_with("HTTP/1.1 200"));
        assert!(health(also_early).starts_with("HTTP/1.1 200"));
        assert!(server.terminate().success());
        assert!(path.exists(), "the socket is the service manager's");
    }
}

#[test]
fn a_socket_that_does_not_listen_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (connection, _other_end) = UnixStream::pair().expect("connected");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("bound");
    let (_server, line) = start_with(folder.path(), tcp, connection);
    assert_eq!(line, "");
    let log = log(folder.path());
    assert!(log.contains("socket 2 of the service manager cannot be used") && log.contains("Accept=no"), "{log}");
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
