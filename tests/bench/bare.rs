//! The baseline for fan-out: a bare broadcast loop on the same WebSocket library with small buffers. Every frame from a
//! client goes to all, through a bounded queue per connection, many frames per flush.

use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::Result;
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::peer::small_buffers;

/// Capacity of a connection's queue, in frames.
const QUEUE: usize = 1024;

/// The bare loop's arguments.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Bare {}

type Members = Arc<Mutex<Vec<mpsc::Sender<Utf8Bytes>>>>;

/// Serves until it is killed.
pub(crate) async fn run(_args: &Bare) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    ready(&listener)?;
    let members: Members = Arc::default();
    loop {
        let (stream, _) = listener.accept().await?;
        // A broken connection ends only its own task.
        tokio::spawn(serve(stream, Arc::clone(&members)));
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads the address")]
fn ready(listener: &TcpListener) -> Result<()> {
    println!("bare ready: ws://{}", listener.local_addr()?);
    Ok(())
}

#[expect(clippy::result_large_err, reason = "the library's own type")]
async fn serve(stream: TcpStream, members: Members) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_hdr_async_with_config(
        stream,
        |_: &tokio_tungstenite::tungstenite::handshake::server::Request,
         mut response: tokio_tungstenite::tungstenite::handshake::server::Response| {
            let name = tokio_tungstenite::tungstenite::http::HeaderValue::from_static("chat.v1");
            response.headers_mut().insert("Sec-WebSocket-Protocol", name);
            Ok(response)
        },
        Some(small_buffers()),
    )
    .await?;
    let (sender, mut queue) = mpsc::channel(QUEUE);
    members.lock().push(sender);
    let mut batch = Vec::with_capacity(64);
    loop {
        tokio::select! {
            count = queue.recv_many(&mut batch, 64) => {
                if count == 0 { return Ok(()) }
                for text in batch.drain(..) {
                    socket.feed(Message::Text(text)).await?;
                }
                socket.flush().await?;
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    for member in members.lock().iter() {
                        // A full queue drops the frame, which invalidates the run.
                        let _ = member.try_send(text.clone());
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            }
        }
    }
}
