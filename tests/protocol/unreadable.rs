//! Malformed bytes: they end their own connection at most, never the server.

use chat_proto::client_frame::Subscription;
use chat_proto::request::Ping;
use chat_tests::peer::Peer;
use chat_tests::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A WebSocket opened by hand, so that frames can be wrong.
async fn open(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let request = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Protocol: chat.v1\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).await.expect("answered");
    assert!(answer[..length].starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer[..length]));
    stream
}

/// Returns whether the server ends the connection, possibly after sending frames.
async fn is_ended(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    // A reset is an end, too.
    let read = tokio::time::timeout(std::time::Duration::from_secs(15), stream.read_to_end(&mut rest)).await;
    read.is_ok()
}

#[tokio::test]
async fn wrong_frames_end_their_connection_and_nothing_else() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let wrong: [(&str, &[u8]); 5] = [
        // Masked (key 0) text frames.
        ("invalid UTF-8", &[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]),
        ("an unmasked frame", &[0x81, 0x02, b'{', b'}']),
        ("a reserved bit", &[0xf1, 0x82, 0, 0, 0, 0, b'{', b'}']),
        ("a length of 2^63", &[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a ping of 126 bytes", &[0x89, 0xfe, 0, 126, 0, 0, 0, 0]),
    ];
    for (what, bytes) in wrong {
        let mut stream = open(&server).await;
        stream.write_all(bytes).await.expect("written");
        assert!(is_ended(&mut stream).await, "{what}");
        ana.call(&Ping {}).await;
    }
    // A frame that is cut off in the middle, by a client that goes away.
    let mut stream = open(&server).await;
    stream.write_all(&[0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0, b'{', b'"']).await.expect("written");
    drop(stream);
    // Not a WebSocket at all.
    for bytes in
        [&b"\0\0\0\0"[..], b"GET / HTTP/9\r\n\r\n", b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
        stream.write_all(bytes).await.expect("written");
        drop(stream);
    }
    ana.call(&Ping {}).await;
}
