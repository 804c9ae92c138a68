//! One open WebSocket, read and written at the same time: a server that does not read must not keep us from reading.
//! Must not know what travels on it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Sink, SinkExt, Stream};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::net::connection::Socket;

/// Frames that may wait to be written before no more commands are taken.
const OUTGOING_MAX: usize = 64;

/// An event of the socket.
#[derive(Debug)]
pub(super) enum WireEvent {
    /// A frame came.
    Received(Message),
    /// The other side took a frame of ours.
    Written,
    /// The connection has ended, without a close frame.
    Ended(Option<Error>),
}

/// An open socket and the frames that wait to be written.
pub(super) struct Wire {
    socket: Socket,
    outgoing: VecDeque<Message>,
    is_flushing: bool,
    /// Whether writing has failed. What the server said before may still be read.
    is_broken: bool,
    /// Reading and writing take turns, so that neither starves the other.
    is_writers_turn: bool,
}

impl Wire {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, outgoing: VecDeque::new(), is_flushing: false, is_broken: false, is_writers_turn: true }
    }

    /// Queues a frame.
    pub(super) fn send(&mut self, message: Message) {
        self.outgoing.push_back(message);
    }

    /// Whether frames wait to be written, or to be taken by the other side.
    pub(super) fn is_writing(&self) -> bool {
        self.is_flushing || !self.outgoing.is_empty()
    }

    /// Whether more may be queued.
    pub(super) fn has_room(&self) -> bool {
        self.outgoing.len() < OUTGOING_MAX
    }

    /// Waits for the next event; may be dropped at any time without losing a frame.
    pub(super) async fn next(&mut self) -> WireEvent {
        poll_fn(|context| self.poll(context)).await
    }

    /// Writes what waits and closes the connection properly.
    pub(super) async fn close(mut self) {
        for message in std::mem::take(&mut self.outgoing) {
            if self.socket.send(message).await.is_err() {
                return;
            }
        }
        drop(self.socket.close(None).await);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<WireEvent> {
        self.is_writers_turn = !self.is_writers_turn;
        if self.is_writers_turn {
            if let Poll::Ready(event) = self.poll_write(context) {
                return Poll::Ready(event);
            }
            return self.poll_read(context);
        }
        if let Poll::Ready(event) = self.poll_read(context) {
            return Poll::Ready(event);
        }
        self.poll_write(context)
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<WireEvent> {
        Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(context)) {
            Some(Ok(message)) => WireEvent::Received(message),
            Some(Err(error)) => WireEvent::Ended(Some(error)),
            None => WireEvent::Ended(None),
        })
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<WireEvent> {
        if self.is_broken {
            return Poll::Pending;
        }
        match ready!(self.poll_frame(context)) {
            Ok(()) => Poll::Ready(WireEvent::Written),
            Err(error) => {
                tracing::debug!(%error, "a frame could not be written");
                self.is_broken = true;
                Poll::Pending
            }
        }
    }

    /// Brings one frame to the other side.
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut socket = Pin::new(&mut self.socket);
        if !self.is_flushing {
            if self.outgoing.is_empty() {
                return Poll::Pending;
            }
            ready!(socket.as_mut().poll_ready(context))?;
            let Some(message) = self.outgoing.pop_front() else { return Poll::Pending };
            socket.as_mut().start_send(message)?;
            self.is_flushing = true;
        }
        ready!(socket.poll_flush(context))?;
        self.is_flushing = false;
        Poll::Ready(Ok(()))
    }
}
