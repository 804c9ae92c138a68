//! Simulates two clients and a server whose frames are lost, late and doubled, and whose connections break: once all is
//! quiet, both clients show what the server holds.

use std::collections::VecDeque;

use chat_proto::ids::{ClientKey, Seq};
use chat_proto::message::{Content, Item};
use chat_proto::request::{Answer, Changed, ChangesPage, History, HistoryPage, Posted, Request};
use chat_proto::room::{Rsvp, RsvpCounts};
use chat_proto::server_frame::Gap;
use proptest::prelude::*;

use super::*;
use crate::app::{EntryKind, RoomEvent, TimelineEntry, Viewport};

/// Items that stand in the room before anybody comes.
const OLD: u64 = 6;

/// An entry as it is compared.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    seq: Seq,
    changed: Seq,
    text: String,
}

impl From<TimelineEntry> for Shown {
    fn from(entry: TimelineEntry) -> Self {
        let text = match entry.kind {
            EntryKind::Message(content) => content.text.as_str().to_owned(),
            EntryKind::Deleted => "deleted".to_owned(),
            EntryKind::Event(RoomEvent::Rsvp(answer)) => format!("{answer:?}"),
            EntryKind::Expired | EntryKind::Damaged | EntryKind::Event(_) => panic!("the room holds no such item"),
        };
        Self { seq: entry.seq, changed: entry.changed, text }
    }
}

fn answer_of(item: &Item) -> Rsvp {
    if let Content::Rsvp { answer, .. } = item.content { answer } else { Rsvp::None }
}

/// One room of a server that follows the protocol.
#[derive(Default)]
struct Server {
    items: Vec<Item>,
    /// The key of every post, also of those deleted since.
    keys: HashMap<ClientKey, Seq>,
    head: u64,
}

impl Server {
    fn post(&mut self, by: UserId, key: &ClientKey, body: &str) -> (Posted, Option<(u64, Item)>) {
        if let Some(seq) = self.keys.get(key).copied() {
            return (Posted { seq, at: NOON, duplicate: true, expires_at: None }, None);
        }
        let prev = self.head;
        self.head += 1;
        let mut item = message(self.head, by, body);
        if let Content::Message(message) = &mut item.content {
            message.key = Some(key.clone());
        }
        self.keys.insert(key.clone(), item.seq);
        self.items.push(item.clone());
        (Posted { seq: item.seq, at: NOON, duplicate: false, expires_at: None }, Some((prev, item)))
    }

    /// A room with messages and an answer of Ana's.
    fn with_old_items() -> Self {
        let mut server = Self::default();
        for number in 1..OLD {
            server.post(ANA, &format!("old-{number}").parse().expect("a key"), "old");
        }
        server.answer(ANA, Rsvp::Attending);
        server
    }

    fn edit(&mut self, at: usize, text: &str) -> Option<(u64, Item)> {
        self.change(at, |message| {
            message.body = text.parse().expect("a body");
            None
        })
    }

    fn delete(&mut self, at: usize) -> Option<(u64, Item)> {
        self.change(at, |_| Some(Content::Deleted { deleted_at: NOON, deleted_by: ANA }))
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Message) -> Option<Content>) -> Option<(u64, Item)> {
        let count = self.items.len().max(1);
        let item = self.items.get_mut(at % count)?;
        let Content::Message(message) = &mut item.content else { return None };
        if let Some(content) = change(message) {
            item.content = content;
        }
        item.changed = Seq(self.head + 1);
        self.head += 1;
        Some((self.head - 1, item.clone()))
    }

    /// The first answer makes an item, a later one changes it.
    fn answer(&mut self, by: UserId, answer: Rsvp) -> Option<(u64, Item)> {
        let first = |item: &Item| item.by == by && matches!(item.content, Content::Rsvp { .. });
        let at = self.items.iter().position(first);
        let before = at.map_or(Rsvp::None, |at| answer_of(&self.items[at]));
        if before == answer {
            return None;
        }
        let (prev, changed) = (self.head, Seq(self.head + 1));
        self.head += 1;
        let answered_at = at.map(|_| NOON.plus_ms(changed.0 * 1_000));
        let (seq, at_first) = at.map_or((changed, NOON), |at| (self.items[at].seq, self.items[at].at));
        let others = self.items.iter().filter(|item| item.by != by).map(answer_of).chain([answer]);
        let mut counts = RsvpCounts::default();
        for answer in others {
            counts.attending += u32::from(answer == Rsvp::Attending);
            counts.interested += u32::from(answer == Rsvp::Interested);
        }
        let item = Item { seq, changed, at: at_first, by, content: Content::Rsvp { answer, counts, answered_at } };
        match at {
            Some(at) => self.items[at] = item.clone(),
            None => self.items.push(item.clone()),
        }
        Some((prev, item))
    }

    /// At most three on a page, so that there are several.
    fn history(&self, asked: &History) -> HistoryPage {
        let before = asked.before.unwrap_or(Seq(u64::MAX));
        let end = self.items.partition_point(|item| item.seq < before);
        let items = self.items[end.saturating_sub(3)..end].to_vec();
        let next_before = items.first().map(|item| item.seq).filter(|_| end > 3);
        HistoryPage { items, joins: Vec::new(), users: Vec::new(), next_before, head: at(self.head) }
    }

    /// At most two on a page, so that there are several.
    fn changes(&self, after: Seq) -> ChangesPage {
        let mut items: Vec<_> = self.items.iter().filter(|item| item.changed > after).cloned().collect();
        items.sort_by_key(|item| item.changed);
        let is_last = items.len() <= 2;
        items.truncate(2);
        let next = if is_last { self.head } else { items.last().map_or(after.0, |item| item.changed.0) };
        ChangesPage { items, users: Vec::new(), next: at(next), head: at(self.head), parted: None }
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
        let mut asks: Vec<_> = self.app.model.requests.in_flight.keys().copied().collect();
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
            Request::Changes(changes) => Answer::Changes(server.changes(changes.after.seq)),
            Request::History(asked) => Answer::History(server.history(asked)),
            Request::Edit(_) => Answer::Edit(Changed { changed: Seq(server.head) }),
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(usize, String),
    Edit(usize, String),
    Delete(usize),
    Answer(usize, Rsvp),
    LoadOlder(usize),
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
        2 => (0usize..12, "[a-z]{1,6}").prop_map(|(at, text)| Step::Edit(at, text)),
        1 => (0usize..12).prop_map(Step::Delete),
        4 => (who.clone(), prop_oneof![Just(Rsvp::None), Just(Rsvp::Interested), Just(Rsvp::Attending)])
            .prop_map(|(who, answer)| Step::Answer(who, answer)),
        2 => who.clone().prop_map(Step::LoadOlder),
        6 => who.clone().prop_map(Step::Deliver),
        1 => who.clone().prop_map(Step::Drop),
        1 => who.clone().prop_map(Step::Double),
        2 => who.clone().prop_map(Step::Swap),
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
            Step::Delete(at) => {
                let events = self.server.delete(at);
                self.broadcast(events.into_iter().collect());
            }
            Step::Answer(who, answer) => {
                let events = self.server.answer(self.clients[who].me, answer);
                self.broadcast(events.into_iter().collect());
            }
            Step::LoadOlder(who) => self.load_older(who),
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

    fn load_older(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let room_key = RoomKey { server: ServerKey::FIRST, room: GENERAL };
        let viewport = Viewport { room_key: Some(room_key), is_at_start: true, is_at_end: true, ..Viewport::default() };
        let effects = client.app.take(Msg::Drawn(viewport));
        let events = client.run_effects(&mut self.server, effects);
        self.broadcast(events);
    }

    /// Connects all, loads everything and delivers everything until nothing moves.
    fn drain(&mut self) {
        for who in 0..2 {
            self.apply(Step::Connect(who));
        }
        for _ in 0..10_000 {
            if self.clients.iter().all(|client| client.inbox.is_empty()) {
                let is_whole =
                    |client: &Client| client.app.room(GENERAL).backlog.history == crate::app::History::Complete;
                if self.clients.iter().all(is_whole) {
                    return;
                }
                self.load_older(0);
                self.load_older(1);
            }
            self.deliver(0);
            self.deliver(1);
        }
        panic!("it never comes to rest");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn two_clients_and_the_server_end_in_the_same_state(steps in proptest::collection::vec(step(), 1..80)) {
        let clients = [Client::new(ME, "t1"), Client::new(ANA, "t2")];
        let mut simulation = Simulation { server: Server::with_old_items(), clients };
        simulation.apply(Step::Connect(0));
        simulation.apply(Step::Connect(1));
        let written = steps.iter().filter(|step| matches!(step, Step::Write(..))).count();
        for step in steps {
            simulation.apply(step);
        }
        simulation.drain();
        let expected: Vec<_> = simulation.server.items.iter().map(|item| TimelineEntry::of(item, None).into()).collect();
        let is_posted = |item: &&Item| matches!(&item.content, Content::Message(_) | Content::Deleted { .. });
        let posted = simulation.server.items.iter().filter(is_posted).count();
        prop_assert_eq!(posted, written + OLD as usize - 1, "each once");
        for client in &simulation.clients {
            let room = client.app.room(GENERAL);
            let shown: Vec<Shown> = room.timeline.entries().iter().cloned().map(Shown::from).collect();
            prop_assert_eq!(&shown, &expected);
            prop_assert!(room.writing.pending.is_empty());
            let saved = room.to_saved().expect("nothing is missing");
            prop_assert_eq!(&saved.items, &simulation.server.items, "as the server holds them");
        }
    }
}
