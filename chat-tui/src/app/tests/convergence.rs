//! Simulates two clients and a server whose frames are lost, late and doubled, and whose connections break: once all is
//! quiet, both clients show what the server holds.

use std::collections::VecDeque;

use chat_proto::ids::{ClientKey, Seq};
use chat_proto::message::{Content, Item};
use chat_proto::request::{Answer, Changed, ChangesPage, HistoryPage, Posted, Request};
use chat_proto::server_frame::Gap;
use proptest::prelude::*;

use super::*;

/// One room of a server that follows the protocol.
#[derive(Default)]
struct Server {
    items: Vec<Item>,
    head: u64,
}

impl Server {
    fn post(&mut self, by: UserId, key: &ClientKey, body: &str) -> (Posted, Option<(u64, Item)>) {
        let is_same =
            |item: &&Item| matches!(&item.content, Content::Message(message) if message.key.as_ref() == Some(key));
        if let Some(item) = self.items.iter().find(is_same) {
            let seq = item.seq;
            return (Posted { seq, at: NOON, duplicate: true, expires_at: None }, None);
        }
        let prev = self.head;
        self.head += 1;
        let mut item = message(self.head, by, body);
        if let Content::Message(message) = &mut item.content {
            message.key = Some(key.clone());
        }
        self.items.push(item.clone());
        (Posted { seq: item.seq, at: NOON, duplicate: false, expires_at: None }, Some((prev, item)))
    }

    fn edit(&mut self, at: usize, text: &str) -> Option<(u64, Item)> {
        let prev = self.head;
        let count = self.items.len().max(1);
        let item = self.items.get_mut(at % count)?;
        self.head += 1;
        item.changed = Seq(self.head);
        if let Content::Message(message) = &mut item.content {
            message.body = text.parse().expect("a body");
        }
        Some((prev, item.clone()))
    }

    /// At most two on a page, so that there are several.
    fn changes(&self, after: Seq) -> ChangesPage {
        let mut items: Vec<_> = self.items.iter().filter(|item| item.changed > after).cloned().collect();
        items.sort_by_key(|item| item.changed);
        let is_last = items.len() <= 2;
        items.truncate(2);
        let next = if is_last { Seq(self.head) } else { items.last().map_or(after, |item| item.changed) };
        ChangesPage { items, users: Vec::new(), next, head: Seq(self.head) }
    }
}

/// A client, and the frames in flight to it.
struct Client {
    app: TestApp,
    me: UserId,
    inbox: VecDeque<LinkEvent>,
    is_connected: bool,
}

impl Client {
    fn new(me: UserId, token: &str) -> Self {
        let mut app = TestApp::new();
        app.model.setup.key_token = token.into();
        Self { app, me, inbox: VecDeque::new(), is_connected: false }
    }

    fn connect(&mut self, server: &mut Server) -> Vec<(u64, Item)> {
        self.is_connected = true;
        self.inbox.clear();
        let mut hello = welcome(vec![membership(GENERAL, "general", server.head)]);
        hello.user = user(self.me, if self.me == ME { "zoe" } else { "ana" });
        let effects = self.app.link(LinkEvent::Welcome(Box::new(hello)));
        self.run_effects(server, effects)
    }

    fn disconnect(&mut self) {
        self.is_connected = false;
        self.inbox.clear();
        // As the link does: it reports the end, then answers every request in flight.
        self.app.link(LinkEvent::Down { reason: "lost".into(), retry_in_ms: 1 });
        let mut asks: Vec<_> = self.app.model.asks.keys().copied().collect();
        asks.sort_unstable();
        for ask in asks {
            self.app.answer(ask, Err(CallError::Disconnected));
        }
    }

    /// Lets the server answer the requests. Returns the events it now sends to all.
    fn run_effects(&mut self, server: &mut Server, effects: Vec<Effect>) -> Vec<(u64, Item)> {
        let mut events = Vec::new();
        for effect in effects {
            match effect {
                Effect::Persist(_, crate::app::PersistOp::StorePost(post)) => {
                    let effects = self.app.take(Msg::Stored(post.key));
                    events.extend(self.run_effects(server, effects));
                }
                Effect::Ask { ask, request, .. } if self.is_connected => {
                    if let Some(answer) = self.answer(server, &request, &mut events) {
                        self.inbox.push_back(LinkEvent::Answer { ask, result: Box::new(Ok(answer)) });
                    }
                }
                _ => {}
            }
        }
        events
    }

    fn answer(&self, server: &mut Server, request: &Request, events: &mut Vec<(u64, Item)>) -> Option<Answer> {
        Some(match request {
            Request::Post(post) => {
                let (posted, event) = server.post(self.me, &post.key, post.body.as_str());
                events.extend(event);
                Answer::Post(posted)
            }
            Request::Changes(changes) => Answer::Changes(server.changes(changes.after)),
            Request::History(_) => Answer::History(HistoryPage {
                items: server.items.clone(),
                users: Vec::new(),
                next_before: None,
                head: Seq(server.head),
            }),
            Request::Edit(_) => Answer::Edit(Changed { changed: Seq(server.head) }),
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize, String),
    Edit(usize, String),
    Deliver(usize),
    Drop(usize),
    Double(usize),
    Swap(usize),
    Disconnect(usize),
    Connect(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0usize..2;
    prop_oneof![
        3 => (who.clone(), "[a-z]{1,6}").prop_map(|(who, text)| Step::Write(who, text)),
        2 => (0usize..8, "[a-z]{1,6}").prop_map(|(at, text)| Step::Edit(at, text)),
        6 => who.clone().prop_map(Step::Deliver),
        1 => who.clone().prop_map(Step::Drop),
        1 => who.clone().prop_map(Step::Double),
        1 => who.clone().prop_map(Step::Swap),
        1 => who.clone().prop_map(Step::Disconnect),
        2 => who.prop_map(Step::Connect),
    ]
}

/// Two clients at one server.
struct Simulation {
    server: Server,
    clients: [Client; 2],
}

impl Simulation {
    fn broadcast(&mut self, events: Vec<(u64, Item)>) {
        for (prev, item) in events {
            for client in self.clients.iter_mut().filter(|client| client.is_connected) {
                client.inbox.push_back(LinkEvent::Push(event(GENERAL, prev, item.clone())));
            }
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Write(who, text) => {
                self.clients[who].app.write(&text);
                let effects = self.clients[who].app.act(Action::Send);
                let events = self.clients[who].run_effects(&mut self.server, effects);
                self.broadcast(events);
            }
            Step::Edit(at, text) => {
                let events = self.server.edit(at, &text);
                self.broadcast(events.into_iter().collect());
            }
            Step::Deliver(who) => self.deliver(who),
            // A server that leaves an event out announces a gap.
            Step::Drop(who) => {
                let inbox = &mut self.clients[who].inbox;
                if let Some(at) = inbox.iter().position(|frame| matches!(frame, LinkEvent::Push(ServerFrame::Event(_))))
                {
                    inbox[at] = LinkEvent::Push(ServerFrame::Gap(Gap { room: GENERAL }));
                }
            }
            Step::Double(who) => {
                let inbox = &mut self.clients[who].inbox;
                if let Some(LinkEvent::Push(ServerFrame::Event(first))) = inbox.front() {
                    let again = first.clone();
                    inbox.push_back(LinkEvent::Push(ServerFrame::Event(again)));
                }
            }
            Step::Swap(who) => {
                let inbox = &mut self.clients[who].inbox;
                if inbox.len() >= 2 {
                    inbox.swap(0, 1);
                }
            }
            Step::Disconnect(who) => self.clients[who].disconnect(),
            Step::Connect(who) if !self.clients[who].is_connected => {
                let events = self.clients[who].connect(&mut self.server);
                self.broadcast(events);
            }
            Step::Connect(_) => {}
        }
    }

    fn deliver(&mut self, who: usize) {
        if let Some(frame) = self.clients[who].inbox.pop_front() {
            let effects = self.clients[who].app.link(frame);
            let events = self.clients[who].run_effects(&mut self.server, effects);
            self.broadcast(events);
        }
    }

    /// Connects all and delivers everything until nothing moves.
    fn drain(&mut self) {
        for who in 0..2 {
            self.apply(Step::Connect(who));
        }
        for _ in 0..10_000 {
            if self.clients.iter().all(|client| client.inbox.is_empty()) {
                return;
            }
            self.deliver(0);
            self.deliver(1);
        }
        panic!("it never comes to rest");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn two_clients_and_the_server_end_in_the_same_state(steps in proptest::collection::vec(step(), 1..80)) {
        let clients = [Client::new(ME, "t1"), Client::new(ANA, "t2")];
        let mut simulation = Simulation { server: Server::default(), clients };
        simulation.apply(Step::Connect(0));
        simulation.apply(Step::Connect(1));
        let written = steps.iter().filter(|step| matches!(step, Step::Write(..))).count();
        for step in steps {
            simulation.apply(step);
        }
        simulation.drain();
        let expected: Vec<_> = simulation.server.items.iter().map(|item| match &item.content {
            Content::Message(message) => message.body.to_string(),
            other => panic!("holds {other:?}"),
        }).collect();
        prop_assert_eq!(expected.len(), written, "each once");
        for client in &simulation.clients {
            prop_assert_eq!(&client.app.texts(GENERAL), &expected);
            prop_assert!(client.app.room(GENERAL).writing.pending.is_empty());
        }
    }
}
