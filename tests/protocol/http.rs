//! The plain HTTP surface.

use chat_tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn get(server: &Server, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test]
async fn health_and_readiness_are_told_and_everything_else_says_what_this_is() {
    let server = Server::start();
    assert!(get(&server, "/healthz", "").await.starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/readyz", "").await.starts_with("HTTP/1.1 200"));
    let other = get(&server, "/", "").await;
    assert!(other.starts_with("HTTP/1.1 404") && other.contains("chat server"), "{other}");
    let page = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n";
    assert!(get(&server, "/", page).await.starts_with("HTTP/1.1 403"), "no web page speaks for people");
}
