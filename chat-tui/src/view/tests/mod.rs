//! Screens of a model, as snapshots and under scrolling and clicks.

mod coming_back;
mod connection;
mod kept_cache;
mod messages;
mod notices;
mod overlays;
mod panes;
mod scene;
mod scrolling;
mod selecting;
mod sign_in;
mod snapshots;
mod writing;

use chat_proto::ids::UserId;
use chat_proto::message::Content;
use chat_proto::presence::{Availability, Presence, UserPresence};
use chat_proto::server_frame::{ServerFrame, TrendingWords, Typing};
use chat_proto::trending::TrendingWord;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Drawn, RenderCache, render};
use crate::app::Msg;
use crate::app::tests::{ANA, GENERAL, ME, NOON, OPS, TestApp, event, membership, message, user, welcome};
use crate::link_event::LinkEvent;
use crate::theme::{Depth, Theme};

pub(super) const BEN: UserId = UserId(3);
pub(super) const DEE: UserId = UserId(4);

/// Returns a buffer as lines of text.
pub(super) fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let line = |y| {
        let mut text = String::new();
        let mut skip = 0;
        for x in area.left()..area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = crate::text::width(symbol).saturating_sub(1);
            text.push_str(symbol);
        }
        text.trim_end().to_owned()
    };
    (area.top()..area.bottom()).map(line).collect()
}

/// Draws an app as the event loop does: the viewport goes back into the model.
pub(super) fn draw(app: &mut TestApp, width: u16, height: u16) -> (Vec<String>, Drawn) {
    let (lines, drawn) = render_lines(app, width, height);
    app.take(Msg::Drawn(drawn.viewport.clone()));
    (lines, drawn)
}

/// Draws an app and returns the screen as one text.
pub(super) fn shown(app: &mut TestApp, width: u16, height: u16) -> String {
    draw(app, width, height).0.join("\n")
}

/// Draws an app without changing it.
pub(super) fn render_lines(app: &TestApp, width: u16, height: u16) -> (Vec<String>, Drawn) {
    render_with(app, &mut RenderCache::default(), width, height)
}

/// Draws an app with what the cache keeps of its former screens.
pub(super) fn render_with(app: &TestApp, cache: &mut RenderCache, width: u16, height: u16) -> (Vec<String>, Drawn) {
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    let theme = Theme::load("dark", Depth::True).expect("a theme");
    let drawn = render(&app.model, &theme, cache, &mut buffer);
    (lines(&buffer), drawn)
}

/// An afternoon in `#general`.
pub(super) fn afternoon() -> TestApp {
    let mut app = TestApp::new();
    let mut general = membership(GENERAL, "general", 0);
    general.room.topic = Some(chat_proto::room::Topic {
        text: "ship the resume fix before Friday".parse().expect("a topic"),
        by: ANA,
        at: NOON,
    });
    let mut ops = membership(OPS, "ops", 9);
    ops.read_marker.unread = 4;
    ops.read_marker.mentions = 1;
    let mut scratch = membership(chat_proto::ids::RoomId(3), "scratch", 0);
    scratch.room.default_ttl_ms = Some(30_000);
    let mut builds = membership(chat_proto::ids::RoomId(4), "builds", 9);
    builds.read_marker.unread = 3;
    let mut hello = welcome(vec![general, ops, scratch, builds]);
    hello.account.users = vec![user(ANA, "ana"), user(BEN, "ben"), user(DEE, "dee")];
    let effects = app.link(LinkEvent::Welcome(Box::new(hello)));
    app.answer_history(&effects, Vec::new());
    app.heartbeat(34, app.now);
    for (id, availability) in [(ME, Availability::Online), (ANA, Availability::Online), (BEN, Availability::Away)] {
        let presence = Presence { availability, status: None, last_seen: None };
        app.push(ServerFrame::Presence(UserPresence { user: id, presence }));
    }
    say_something(&mut app);
    let typing = Typing { room: GENERAL, user: BEN, connection: chat_proto::ids::ConnectionId(9), ttl_ms: 6_000 };
    app.push(ServerFrame::Typing(typing));
    let word = |word: &str| TrendingWord { word: word.into(), score: 1.0 };
    let words = vec![word("resume"), word("clock"), word("tokio-tungstenite"), word("build")];
    app.push(ServerFrame::Trending(TrendingWords { room: GENERAL, words }));
    app
}

fn say_something(app: &mut TestApp) {
    let happened = |seq, by, content| chat_proto::message::Item { content, ..message(seq, by, "x") };
    for (seq, by) in [(1, ANA), (2, BEN), (3, ME), (4, DEE)] {
        app.push(event(GENERAL, seq - 1, happened(seq, by, Content::Join)));
    }
    let mut mention =
        message(7, ANA, "@zoe build 4211 is yours, see https://ci.example.org/4211 and `resume::gap` in #ops");
    if let Content::Message(message) = &mut mention.content {
        message.mentions = vec![ME];
    }
    let mut code = message(8, ANA, "fn main() {\n\tprintln!(\"kept as written, also where it is long\");\n}");
    if let Content::Message(message) = &mut code.content {
        message.code = Some("rust".parse().expect("a language"));
    }
    let mut edited = message(9, BEN, "on it 日本語 👍");
    if let Content::Message(message) = &mut edited.content {
        message.edited_at = Some(NOON);
    }
    let mut ephemeral = message(11, ANA, "key for the demo: 4417");
    if let Content::Message(message) = &mut ephemeral.content {
        message.expires_at = Some(NOON.plus_ms(12_000));
    }
    let items = [
        message(5, ANA, "the flaky test is the clock"),
        message(6, ANA, "it runs backwards once a day"),
        mention,
        code,
        edited,
        happened(10, BEN, Content::Deleted { deleted_at: NOON, deleted_by: BEN }),
        ephemeral,
    ];
    for item in items {
        let prev = item.seq.0 - 1;
        app.push(event(GENERAL, prev, item));
    }
}
