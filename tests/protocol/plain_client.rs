//! A client written from the protocol's documentation alone: plain sockets, none of our crates.

use std::io::{Read, Write};
use std::net::TcpStream;

use chat_tests::server::Server;
use serde_json::{Value, json};

struct Plain(TcpStream);

impl Plain {
    fn connect(address: std::net::SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("ASCII").to_lowercase();
        // The sample of RFC 6455 § 1.3.
        assert!(head.starts_with("http/1.1 101") && head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Self(stream)
    }

    fn send(&mut self, frame: &Value) {
        let text = frame.to_string().into_bytes();
        let mut bytes = vec![0x81];
        match text.len() {
            length @ 0..=125 => bytes.push(0x80 | length as u8),
            length => {
                bytes.push(0x80 | 0x7e);
                bytes.extend(u16::try_from(length).expect("short").to_be_bytes());
            }
        }
        let mask = [7, 21, 3, 99];
        bytes.extend(mask);
        bytes.extend(text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.0.write_all(&bytes).expect("written");
    }

    /// Returns the next relevant frame; trending words and the like may come at any time.
    fn receive(&mut self) -> Value {
        loop {
            let frame = self.receive_any();
            if ["welcome", "ok", "error", "event"].iter().any(|tag| frame["type"] == *tag) {
                return frame;
            }
        }
    }

    fn receive_any(&mut self) -> Value {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).expect("a frame");
        assert_eq!(head[0], 0x81, "a whole text message");
        let length = match head[1] {
            126 => {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).expect("a length");
                usize::from(u16::from_be_bytes(long))
            }
            short => usize::from(short),
        };
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).expect("a payload");
        serde_json::from_slice(&text).expect("JSON")
    }
}

#[test]
fn a_third_party_client_posts_and_reads() {
    let server = Server::start();
    let mut plain = Plain::connect(server.address());
    plain.send(&json!({"type": "hello", "version": 1, "client": {"name": "plain", "version": "1"},
        "auth": {"method": "register", "name": "ana", "password": "correct horse"}, "subscribe": "all"}));
    let welcome = plain.receive();
    assert_eq!((&welcome["type"], &welcome["user"]["name"]), (&json!("welcome"), &json!("ana")));
    let room = welcome["account"]["rooms"][0]["room"]["id"].clone();
    plain.send(&json!({"type": "post", "id": 1, "room": room, "key": "k1", "body": "hello from far away"}));
    // The answer and the sender's own event come in either order.
    let (first, second) = (plain.receive(), plain.receive());
    let (answer, event) = if first["type"] == json!("ok") { (first, second) } else { (second, first) };
    assert_eq!((&answer["type"], &answer["id"]), (&json!("ok"), &json!(1)));
    assert_eq!((&event["type"], &event["seq"]), (&json!("event"), &answer["result"]["seq"]));
    assert_eq!(event["item"]["content"]["body"], json!("hello from far away"));
    plain.send(&json!({"type": "changes", "id": 2, "room": room, "after": {"seq": 0, "persistent": 0}, "limit": 10}));
    let page = plain.receive();
    assert_eq!(page["result"]["next"], page["result"]["head"]);
    assert_eq!(page["result"]["items"].as_array().map(Vec::len), Some(2), "the join and the message");
}
