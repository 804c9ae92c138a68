//! Routes between a link and the parts of a command: requests to the link, answers to their askers, other events to the
//! queue. Must not decide what happens to the connection.

use std::collections::HashMap;

use chat_proto::request::{Answer, Request};
use tokio::sync::{mpsc, oneshot};

use super::event_queue::EventQueue;
use crate::link_event::{CallError, LinkEvent};
use crate::net::link::{LinkCommand, LinkHandle};

/// Requests that may be under way at once; further ones wait.
const REQUESTS_MAX: usize = 256;

/// A request and where its answer goes.
#[derive(Debug)]
pub(super) struct Ask {
    pub request: Request,
    pub answer: oneshot::Sender<Result<Answer, CallError>>,
}

/// Owns the link until it ends or the client is dropped.
pub(super) async fn run(link: LinkHandle, mut asks: mpsc::UnboundedReceiver<Ask>, events: mpsc::Sender<LinkEvent>) {
    let mut router = Router { link, waiting: HashMap::new(), next_ask: 1, queue: EventQueue::default() };
    router.route(&mut asks, &events).await;
    router.waiting.clear();
    // Requests that are being sent at this very moment may still be on their way into the channel. They are waited for
    // and dropped: in a channel without a reader they would wait for their answers for ever.
    asks.close();
    while asks.recv().await.is_some() {}
    while let Some(event) = router.queue.pop() {
        if events.send(event).await.is_err() {
            return;
        }
    }
}

struct Router {
    link: LinkHandle,
    waiting: HashMap<u64, oneshot::Sender<Result<Answer, CallError>>>,
    next_ask: u64,
    queue: EventQueue,
}

impl Router {
    async fn route(&mut self, asks: &mut mpsc::UnboundedReceiver<Ask>, events: &mpsc::Sender<LinkEvent>) {
        loop {
            tokio::select! {
                ask = asks.recv(), if self.waiting.len() < REQUESTS_MAX => match ask {
                    Some(ask) => self.ask(ask),
                    // The client was dropped.
                    None => return,
                },
                event = self.link.next_event() => match event {
                    Some(event) => self.on_event(event),
                    None => return,
                },
                permit = events.reserve(), if !self.queue.is_empty() => {
                    if let (Ok(permit), Some(event)) = (permit, self.queue.pop()) {
                        permit.send(event);
                    }
                }
            }
        }
    }

    fn ask(&mut self, ask: Ask) {
        let number = self.next_ask;
        self.next_ask += 1;
        // A link that takes nothing has ended: dropping the sender answers `Disconnected`.
        if self.link.send(LinkCommand::Ask { ask: number, request: ask.request }).is_ok() {
            self.waiting.insert(number, ask.answer);
        }
    }

    fn on_event(&mut self, event: LinkEvent) {
        match event {
            // The socket was opened just now, so that the link has room for a command.
            LinkEvent::Opened => drop(self.link.send(LinkCommand::Hello(None))),
            LinkEvent::Answer { ask, result } => {
                if let Some(answer) = self.waiting.remove(&ask) {
                    drop(answer.send(*result));
                }
            }
            LinkEvent::Connecting | LinkEvent::Silent { .. } => {}
            LinkEvent::Welcome(_)
            | LinkEvent::Push(_)
            | LinkEvent::Heartbeat { .. }
            | LinkEvent::Down { .. }
            | LinkEvent::Stopped { .. } => self.queue.push(event),
        }
    }
}
