//! Screens of an app whose rooms are loaded again, drawn with one cache as the event loop does: no text of the former data
//! stays in the place of a new one.

use chat_proto::cursor::Parted;
use chat_proto::ids::{Epoch, Run, Seq};
use chat_proto::message::Item;
use chat_proto::request::{Answer, ChangesPage, Request};
use chat_proto::server_frame::Resumed;

use super::*;
use crate::app::tests::{asked, at};

/// The screen of a person who keeps the program open.
struct Kept {
    app: TestApp,
    cache: RenderCache,
}

impl Kept {
    /// `#general` with two messages, which are drawn.
    fn with_two_items() -> Self {
        let mut app = TestApp::in_two_rooms();
        app.push(event(GENERAL, 0, message(1, ANA, "shared")));
        app.push(event(GENERAL, 1, message(2, ANA, "we ship on Friday")));
        let mut kept = Self { app, cache: RenderCache::default() };
        assert!(kept.shown().contains("we ship on Friday"));
        kept.app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 1 });
        kept.shown();
        kept
    }

    fn shown(&mut self) -> String {
        let (lines, drawn) = render_with(&self.app, &mut self.cache, 100, 24);
        self.app.take(Msg::Drawn(drawn.viewport));
        lines.join("\n")
    }

    fn assert_only_new_texts(&mut self) {
        let shown = self.shown();
        assert!(shown.contains("we do NOT ship") && !shown.contains("Friday"), "{shown}");
    }
}

/// The messages in the other data: the second number names another one.
fn other_items() -> Vec<Item> {
    vec![message(1, ANA, "shared"), message(2, ANA, "we do NOT ship")]
}

#[test]
fn a_room_of_another_life_shows_its_own_messages() {
    let mut kept = Kept::with_two_items();
    let mut again = welcome(vec![membership(GENERAL, "general", 2), membership(OPS, "ops", 0)]);
    again.run = Run(2);
    let parted = Some(Parted { at: Some(Seq(1)) });
    again.resumed = vec![Resumed { room: GENERAL, is_complete: false, items: Vec::new(), head: at(2), parted }];
    let effects = kept.app.link(LinkEvent::Welcome(Box::new(again)));
    kept.app.answer_history(&effects, other_items());
    kept.assert_only_new_texts();
}

#[test]
fn a_room_of_other_data_shows_its_own_messages_and_the_user_is_notified() {
    let mut kept = Kept::with_two_items();
    let mut other = welcome(vec![membership(GENERAL, "general", 2), membership(OPS, "ops", 0)]);
    (other.run, other.epoch) = (Run(2), Epoch("two".into()));
    let effects = kept.app.link(LinkEvent::Welcome(Box::new(other)));
    let notice = kept.app.notice();
    assert!(notice.contains("The server's data were replaced, as by a restored backup: all rooms"), "{notice}");
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Changes(_))).expect("asked from the beginning");
    let page = ChangesPage { items: other_items(), users: Vec::new(), next: at(2), head: at(2), parted: None };
    kept.app.answer(ask, Ok(Answer::Changes(page)));
    kept.assert_only_new_texts();
}
