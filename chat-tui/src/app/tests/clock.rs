//! The server's clock as the screen goes by it, whatever this machine's shows.

use chat_proto::message::{Content, Item};

use super::*;

/// A message that expires at this time of the server's clock.
fn expiring(seq: u64, end: UnixMillis) -> Item {
    let mut item = message(seq, ANA, "the key is 4417");
    if let Content::Message(message) = &mut item.content {
        message.expires_at = Some(end);
    }
    item
}

fn is_hidden(app: &TestApp) -> bool {
    let general = RoomKey { server: ServerKey::FIRST, room: GENERAL };
    app.model.rooms.get(&general).expect("general").timeline.next_expiry().is_none()
}

#[test]
fn a_clock_that_is_set_hides_nothing_early_or_late_once_a_heartbeat_came() {
    for set_ms in [3_600_000, -3_600_000] {
        let mut app = TestApp::in_two_rooms();
        let end = NOON.plus_ms(60_000);
        app.push(event(GENERAL, 0, expiring(1, end)));
        // Ten seconds pass, and somebody sets this machine's clock.
        app.now = UnixMillis(NOON.0 + 10_000 + set_ms);
        app.heartbeat(20, NOON.plus_ms(10_000));
        app.take(Msg::Tick);
        assert!(!is_hidden(&app), "{set_ms}: it lives for 50 seconds more");
        let here = |server: UnixMillis| UnixMillis(server.0 + set_ms);
        assert!(app.model.next_tick().is_some_and(|at| at <= here(end)), "{set_ms}");
        app.now = UnixMillis(here(end).0 - 1);
        app.take(Msg::Tick);
        assert!(!is_hidden(&app), "{set_ms}: a millisecond more");
        app.now = here(end);
        app.take(Msg::Tick);
        assert!(is_hidden(&app), "{set_ms}");
    }
}
