//! The bytes that a change on the screen costs on the way to the terminal.

use chat_proto::ids::{RoomId, UserId};
use chat_proto::presence::{Availability, Presence, UserPresence};
use chat_proto::request::{Answer, MembersPage, Request};
use chat_proto::room::{Member, Role, Rsvp};
use chat_proto::server_frame::ServerFrame;

use crate::app::Msg;
use crate::app::tests::{ANA, GENERAL, TestApp, asked, event, membership, message, user, welcome};
use crate::link_event::LinkEvent;
use crate::terminal::{Frame, ProbeResult, TestBackend};
use crate::theme::{Depth, Theme};
use crate::view::{RenderCache, render, title};

const WIDTH: u16 = 120;
const HEIGHT: u16 = 36;
/// The most that one message may cost at this size, in bytes.
const BUDGET: usize = 1_000;

struct TestScreen {
    backend: TestBackend,
    theme: Theme,
}

impl TestScreen {
    fn new() -> Self {
        Self { backend: TestBackend::sized(WIDTH, HEIGHT), theme: Theme::load("dark", Depth::True).expect("a theme") }
    }

    /// Draws an app as the loop does. Returns the number of bytes.
    fn draw(&mut self, app: &mut TestApp) -> usize {
        let mut viewport = None;
        let model = &app.model;
        let bytes = self.backend.draw(|buffer| {
            let drawn = render(model, &self.theme, &mut RenderCache::default(), buffer);
            viewport = Some(drawn.viewport);
            let title = title(model).as_str().to_owned();
            Frame { caret: drawn.caret, moving: drawn.moving, title, links: drawn.links }
        });
        app.take(Msg::Drawn(viewport.expect("drawn")));
        bytes.len()
    }

    fn rows(&self) -> Vec<String> {
        self.backend.rows()
    }

    /// The rows of a terminal that shows the app for the first time.
    fn fresh(app: &mut TestApp) -> Vec<String> {
        let mut fresh = Self::new();
        fresh.draw(app);
        fresh.rows()
    }
}

/// Fifteen people in thirteen rooms, some of them unread, and more messages than the screen shows.
fn busy() -> TestApp {
    let mut app = TestApp::new();
    let names = [
        "announcements",
        "builds",
        "design",
        "dev",
        "general",
        "incidents",
        "lounge",
        "ops",
        "random",
        "releases",
        "reviews",
        "support",
        "testing",
    ];
    let rooms = names.iter().enumerate().map(|(index, name)| {
        let id = if *name == "general" { GENERAL } else { RoomId(100 + index as u64) };
        let mut membership = membership(id, name, 0);
        membership.read_marker.unread = if index % 4 == 1 { index as u32 } else { 0 };
        membership.read_marker.mentions = u32::from(index == 5);
        membership
    });
    let mut hello = welcome(rooms.collect());
    let people: Vec<_> = [
        "alice", "bob", "charlie", "diana", "edward", "fatima", "george", "hannah", "igor", "julia", "kenji", "lucia",
        "mohammed", "natasha",
    ]
    .iter()
    .zip(10..)
    .map(|(name, id)| user(UserId(id), name))
    .collect();
    hello.account.users.extend(people.clone());
    let effects = app.link(LinkEvent::Welcome(Box::new(hello)));
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Members(_))).expect("asked");
    let everyone = std::iter::once(user(ANA, "ana")).chain(people);
    let members = everyone.enumerate().map(|(index, user)| {
        let availability = match index % 5 {
            0..3 => Availability::Online,
            3 => Availability::Away,
            _ => Availability::Offline,
        };
        let presence = Presence { availability, status: None, last_seen: None };
        Member { user, role: Role::Member, rsvp: Rsvp::None, presence }
    });
    let members: Vec<_> = members.collect();
    let page = MembersPage { total: 15, online: 9, members, has_more: false };
    app.answer_history(&effects, Vec::new());
    app.answer(ask, Ok(Answer::Members(page)));
    app.heartbeat(34, app.now);
    for seq in 1..=60 {
        say(&mut app, seq);
    }
    app
}

fn say(app: &mut TestApp, seq: u64) {
    let words = ["the flaky test", "is the clock", "runs backwards", "once a day", "see build 4211", "on it"];
    let text: Vec<_> = (0..3 + seq % 5).map(|word| words[((seq * 7 + word * 3) % 6) as usize]).collect();
    app.push(event(GENERAL, seq - 1, message(seq, UserId(10 + seq % 4), &text.join(" "))));
}

#[test]
fn a_message_costs_little_beside_fifteen_people_and_thirteen_rooms() {
    let mut app = busy();
    let mut screen = TestScreen::new();
    screen.draw(&mut app);
    assert_eq!(screen.draw(&mut app), 0, "nothing changed, nothing is sent");
    for seq in 61..=80 {
        say(&mut app, seq);
        let bytes = screen.draw(&mut app);
        assert!(bytes <= BUDGET, "{bytes} bytes for message {seq}");
        assert_eq!(screen.rows(), TestScreen::fresh(&mut app));
    }
}

#[test]
fn panes_cost_nothing_if_the_terminal_scrolls_within_columns() {
    let mut app = busy();
    let mut screen = TestScreen::new();
    screen.backend.screen.apply_probe(ProbeResult::with_margins());
    screen.draw(&mut app);
    for seq in 61..=80 {
        say(&mut app, seq);
        let bytes = screen.draw(&mut app);
        assert!(bytes <= BUDGET / 2, "{bytes} bytes for message {seq}");
    }
}

#[test]
fn a_key_costs_next_to_nothing() {
    let mut app = busy();
    let mut screen = TestScreen::new();
    screen.draw(&mut app);
    app.take(Msg::Typed('h'));
    screen.draw(&mut app);
    app.take(Msg::Typed('i'));
    let bytes = screen.draw(&mut app);
    assert!(bytes <= 60, "{bytes} bytes for a key");
}

#[test]
fn a_change_of_presence_costs_little() {
    let mut app = busy();
    let mut screen = TestScreen::new();
    screen.draw(&mut app);
    for availability in [Availability::Offline, Availability::Online] {
        let presence = Presence { availability, status: None, last_seen: None };
        app.push(ServerFrame::Presence(UserPresence { user: UserId(12), presence }));
        let bytes = screen.draw(&mut app);
        assert!(bytes <= BUDGET, "{bytes} bytes");
        assert_eq!(screen.rows(), TestScreen::fresh(&mut app));
    }
}
