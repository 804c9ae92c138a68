//! Screens of messages: lifetimes, wrapping, marks and separators.

use chat_proto::message::Item;
use chat_proto::room::{Rsvp, RsvpCounts};
use chat_proto::time::UnixMillis;

use super::scene::{ANYBODY, at_minute, four_people, happened, member, room_of, room_with, talk, with};
use super::*;
use crate::action::Action;

fn expiring(seq: u64, text: &str, in_ms: u64) -> Item {
    with(message(seq, ANA, text), |message| message.expires_at = Some(NOON.plus_ms(in_ms)))
}

fn edited(item: Item) -> Item {
    with(item, |message| message.edited_at = Some(NOON))
}

fn mention(item: Item) -> Item {
    with(item, |message| message.mentions = vec![ME])
}

fn code(item: Item) -> Item {
    with(item, |message| message.code = Some("rust".parse().expect("a language")))
}

#[test]
fn ephemeral_messages_count_down() {
    let texts = [
        ("ten seconds", 10_000),
        ("four minutes and five seconds", 245_000),
        ("almost two hours, and so long that its text is wrapped before the countdown at the right", 7_140_000),
        ("six days", 6 * 86_400_000 + 3 * 3_600_000),
    ];
    let items = || texts.iter().zip(1..).map(|((text, ms), seq)| expiring(seq, text, *ms)).collect();
    insta::assert_snapshot!("ephemeral_messages_count_down_80x24", shown(&mut room_with(items()), 80, 24));
    insta::assert_snapshot!("ephemeral_messages_count_down_40x10", shown(&mut room_with(items()), 40, 10));
}

#[test]
fn an_expired_message_is_gone_and_the_others_move_together() {
    let items =
        vec![message(1, ANA, "the code follows"), expiring(2, "4417", 10_000), message(3, ANA, "use it within 10 s")];
    let mut app = room_with(items);
    app.end_requests();
    app.now = app.now.plus_ms(10_000);
    app.take(Msg::Tick);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn edited_and_deleted_messages_say_so() {
    let deleted = Content::Deleted { deleted_at: NOON, deleted_by: BEN };
    let items = vec![
        edited(message(1, ANA, "the build is green")),
        happened(2, BEN, deleted.clone()),
        message(3, BEN, "sorry, wrong room"),
        happened(4, BEN, deleted),
        edited(message(5, ME, "a text that was edited and is long enough that the note about it goes to the next row")),
    ];
    insta::assert_snapshot!("edited_and_deleted_messages_80x24", shown(&mut room_with(items.clone()), 80, 24));
    insta::assert_snapshot!("edited_and_deleted_messages_40x10", shown(&mut room_with(items), 40, 10));
}

#[test]
fn a_damaged_message_says_so() {
    let items = vec![message(1, ANA, "before"), happened(2, BEN, Content::Damaged), message(3, BEN, "after")];
    insta::assert_snapshot!("damaged_message_80x24", shown(&mut room_with(items), 80, 24));
}

#[test]
fn code_is_wrapped_as_it_is_written() {
    let text = "impl Room {\n\t/// Drops the oldest items down to `count`.\n\tpub fn trim(&mut self, count: usize) {\n\t\t\
                if self.timeline.trim(count) { self.backlog.history = History::More; }\n\t}\n}";
    let items = || vec![message(1, ANA, "this is it:"), code(message(2, ANA, text)), message(3, BEN, "thanks")];
    insta::assert_snapshot!("code_is_wrapped_80x24", shown(&mut room_with(items()), 80, 24));
    insta::assert_snapshot!("code_is_wrapped_40x10", shown(&mut room_with(items()), 40, 10));
}

#[test]
fn a_long_message_is_wrapped_between_words_and_inside_a_long_one() {
    let text = "The resume gap came from two clocks. The server counted its leases by the wall clock, which runs \
                backwards once a day on that machine, and the client by its own.\n\nThe trace is at \
                https://ci.example.org/builds/4211/artifacts/traces/resume-gap-2025-11-20T12-00-00Z.json.gz?download=1 \
                for a week.\n- it needs a monotonic clock\n- it needs a test";
    let items = || vec![message(1, BEN, "why was it?"), message(2, ANA, text)];
    insta::assert_snapshot!("a_long_message_80x24", shown(&mut room_with(items()), 80, 24));
    insta::assert_snapshot!("a_long_message_120x36", shown(&mut room_with(items()), 120, 36));
}

#[test]
fn wide_characters_keep_the_columns() {
    let items = || {
        vec![
            message(1, ANA, "日本語のテキストは一文字で二桁を取りますので、行の折り返しも文字の幅で決まります。"),
            message(2, BEN, "👍 👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭🇯🇵🇧🇷 and 1️⃣"),
            message(3, DEE, "한국어 텍스트도 두 칸입니다"),
            message(4, ANA, "café, naïve, Z̈ü̈rich: marks of no width"),
            message(5, BEN, "ｆｕｌｌ ｗｉｄｔｈ and half ﾊﾝｶｸ"),
        ]
    };
    insta::assert_snapshot!("wide_characters_80x24", shown(&mut room_with(items()), 80, 24));
    insta::assert_snapshot!("wide_characters_40x10", shown(&mut room_with(items()), 40, 10));
}

#[test]
fn people_with_wide_and_long_names() {
    let people = vec![
        member(ANA, "田中太郎", Availability::Online, ""),
        member(BEN, "bartholomew-the-third-of-berlin", Availability::Online, ""),
        member(ME, "zoe", Availability::Online, ""),
    ];
    let items = || vec![message(1, ANA, "おはよう"), message(2, BEN, "good morning"), message(3, ME, "hello you two")];
    insta::assert_snapshot!("wide_and_long_names_80x24", shown(&mut room_of(people.clone(), items()), 80, 24));
    insta::assert_snapshot!("wide_and_long_names_120x36", shown(&mut room_of(people, items()), 120, 36));
}

#[test]
fn mentions_of_the_reader_have_a_mark() {
    let mut items = talk();
    items.push(mention(at_minute(-3, message(10, ANA, "@zoe can you tag it? @ben wrote the notes in #ops"))));
    items.push(mention(at_minute(-3, message(11, ANA, "or tell me how, @zoe"))));
    items.push(at_minute(-2, message(12, DEE, "@ana I can, too")));
    insta::assert_snapshot!("mentions_80x24", shown(&mut room_with(items.clone()), 80, 24));
    insta::assert_snapshot!("mentions_40x10", shown(&mut room_with(items), 40, 10));
}

#[test]
fn the_unread_line_stands_before_the_first_unread_message() {
    let mut app = room_with(talk());
    app.take(Msg::Focused(false));
    for (seq, text) in [(10, "tagged"), (11, "and announced")] {
        app.push(event(GENERAL, seq - 1, at_minute(0, message(seq, BEN, text))));
    }
    app.take(Msg::Focused(true));
    insta::assert_snapshot!("the_unread_line_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("the_unread_line_40x10", shown(&mut app, 40, 10));
}

/// A room of 60 messages, scrolled back by a screen, in which two more arrive.
fn scrolled_back(width: u16, height: u16) -> TestApp {
    let text = |seq: u64| format!("message {seq}{}", " and a few words".repeat((seq % 5) as usize));
    let by = |seq: u64| [ANA, BEN, DEE][(seq / 4 % 3) as usize];
    let mut app = room_with((1..=60).map(|seq| message(seq, by(seq), &text(seq))).collect());
    draw(&mut app, width, height);
    app.act(Action::PageUp);
    draw(&mut app, width, height);
    for seq in [61, 62] {
        app.push(event(GENERAL, seq - 1, message(seq, BEN, "news")));
    }
    app
}

#[test]
fn scrolled_back_with_two_new_messages_below() {
    insta::assert_snapshot!("scrolled_back_80x24", shown(&mut scrolled_back(80, 24), 80, 24));
    insta::assert_snapshot!("scrolled_back_40x10", shown(&mut scrolled_back(40, 10), 40, 10));
}

#[test]
fn joins_are_folded_into_one_row_at_every_width() {
    let mut items = vec![message(1, ANA, "the doors are open")];
    items.extend((2..12).map(|seq| happened(seq, UserId(seq + 10), Content::Join)));
    items.push(happened(12, UserId(13), Content::Leave));
    items.push(message(13, BEN, "welcome all"));
    let names = (2..12).map(|seq| member(UserId(seq + 10), &format!("guest-{}", seq - 1), Availability::Online, ""));
    let people: Vec<_> = four_people().into_iter().chain(names).collect();
    insta::assert_snapshot!("joins_folded_40x10", shown(&mut room_of(people.clone(), items.clone()), 40, 10));
    insta::assert_snapshot!("joins_folded_120x36", shown(&mut room_of(people, items), 120, 36));
}

#[test]
fn days_and_years_are_separated() {
    let items = || {
        vec![
            Item { at: UnixMillis(NOON.0 - 330 * 86_400_000), ..message(1, ANA, "a merry Christmas to all") },
            at_minute(-24 * 60, message(2, ANA, "yesterday")),
            at_minute(-1, message(3, ANA, "a minute before noon")),
            at_minute(0, message(4, ANA, "noon: the same group, as it is five minutes at most")),
            at_minute(5, message(5, ANA, "five past")),
        ]
    };
    insta::assert_snapshot!("days_and_years_80x24", shown(&mut room_with(items()), 80, 24));
    insta::assert_snapshot!("days_and_years_40x10", shown(&mut room_with(items()), 40, 10));
}

#[test]
fn changes_of_the_room_stand_between_the_messages() {
    let topic = Content::Topic { topic: Some("ship the resume fix before Friday".parse().expect("a topic")) };
    let description = Content::Description { description: "releases and what blocks them".parse().ok() };
    let rsvp = |answer| Content::Rsvp { answer, counts: RsvpCounts::default(), answered_at: None };
    let items = vec![
        happened(1, ANYBODY, Content::Join),
        happened(2, ANA, topic),
        happened(3, ANA, description),
        happened(4, ANA, Content::Renamed { name: "releases".parse().expect("a name") }),
        happened(5, BEN, rsvp(Rsvp::Attending)),
        happened(6, DEE, rsvp(Rsvp::Interested)),
        happened(7, ME, rsvp(Rsvp::None)),
        happened(8, ANA, Content::Topic { topic: None }),
        message(9, ANA, "that is all"),
    ];
    let mut app = room_with(Vec::new());
    for item in items {
        app.push(event(GENERAL, item.seq.0 - 1, item));
    }
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_long_topic_is_wrapped_and_not_cut() {
    let topic = "ship the resume fix before Friday, then write down what the next release blocks, and who asks whom";
    let mut app = room_with(talk());
    let content = Content::Topic { topic: Some(topic.parse().expect("a topic")) };
    app.push(event(GENERAL, 9, happened(10, ANA, content)));
    for width in [40, 80] {
        let lines = draw(&mut app, width, 24).0;
        let text: Vec<_> = lines[1..].iter().flat_map(|line| line.split_whitespace()).collect();
        let text = text.join(" ").replace("│ ", "");
        assert!(text.contains(&format!("ana set the topic: {topic}")), "{text}");
    }
}

#[test]
fn a_busy_room_on_a_large_screen() {
    let mut items = talk();
    items.push(at_minute(-3, mention(message(10, ANA, "@zoe the notes, please"))));
    items.push(at_minute(-2, code(message(11, ME, "git tag -s v1.4.0\ngit push origin v1.4.0"))));
    items.push(at_minute(-1, edited(message(12, DEE, "🎉 congratulations"))));
    insta::assert_snapshot!("a_busy_room_200x50", shown(&mut room_with(items), 200, 50));
}

#[test]
fn a_selected_message_lists_its_keys() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        draw(&mut app, width, height);
        app.act(Action::Cancel);
        app.act(Action::SelectUp);
        insta::assert_snapshot!(format!("a_selected_message_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn a_selected_message_that_was_edited_offers_its_history() {
    let mut items = talk();
    items.push(edited(at_minute(-4, message(10, ANA, "ship it, with the notes"))));
    let mut app = room_with(items);
    draw(&mut app, 80, 24);
    app.act(Action::Cancel);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}
