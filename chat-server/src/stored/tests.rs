//! The stored form is a promise to databases and to Redis: golden files hold samples of the present form, which must be
//! written so, and of every older one, which must read. `UPDATE_GOLDEN=1` writes the present form's files anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chat_proto::ids::{ClientKey, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Rsvp, RsvpCounts};
use chat_proto::text::MessageBody;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;
use serde_json::value::RawValue;

use super::*;

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);

/// Samples by name, each as it is stored.
type Samples = BTreeMap<String, String>;

fn path_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("stored-{name}.json"))
}

fn golden(name: &str) -> Samples {
    let path = path_of(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let samples: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).expect("samples by name");
    samples.into_iter().map(|(name, sample)| (name, sample.get().to_owned())).collect()
}

/// Compares what is written with its golden file.
fn compare(name: &str, written: &Samples) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let lines: Vec<String> = written.iter().map(|(name, sample)| format!("\"{name}\": {sample}")).collect();
        std::fs::write(path_of(name), format!("{{\n{}\n}}\n", lines.join(",\n"))).expect("the folder is there");
    }
    assert_eq!(golden(name), *written, "stored-{name}.json");
}

fn message() -> Message {
    Message {
        code: Some("rust".parse().expect("a language")),
        key: Some("k-1".parse().expect("a key")),
        expires_at: Some(NOW.plus_ms(30_000)),
        edited_at: Some(NOW.plus_ms(5)),
        mentions: vec![UserId(6), UserId(7)],
        reply_to: Some(Seq(3)),
        ..Message::plain("ship it, @ben @cy".parse().expect("a body"))
    }
}

/// An answer as the first form has it: without counts.
fn rsvp(answer: Rsvp) -> Content {
    Content::Rsvp { answer, counts: RsvpCounts::default(), answered_at: None }
}

/// Every content, and the least and the most a message can have.
fn contents() -> Vec<(&'static str, Content)> {
    let counts = RsvpCounts { attending: 2, interested: 1 };
    let counted = Content::Rsvp { answer: Rsvp::Attending, counts, answered_at: Some(NOW) };
    let mut contents = contents_of_the_first_form();
    contents.push(("rsvp-counted", counted));
    contents.push(("damaged", Content::Damaged));
    contents
}

fn contents_of_the_first_form() -> Vec<(&'static str, Content)> {
    let parsed = |text: &str| Some(text.parse().expect("a topic"));
    vec![
        ("message", Content::Message(message())),
        ("plain", Content::Message(Message::plain("hello".parse().expect("a body")))),
        ("deleted", Content::Deleted { deleted_at: NOW, deleted_by: UserId(5) }),
        ("expired", Content::Expired { expired_at: NOW }),
        ("join", Content::Join),
        ("leave", Content::Leave),
        ("topic", Content::Topic { topic: parsed("green") }),
        ("topic-cleared", Content::Topic { topic: None }),
        ("description", Content::Description { description: Some("Everything.".parse().expect("a description")) }),
        ("renamed", Content::Renamed { name: "builds".parse().expect("a name") }),
        ("rsvp-none", rsvp(Rsvp::None)),
        ("rsvp-interested", rsvp(Rsvp::Interested)),
        ("rsvp-attending", rsvp(Rsvp::Attending)),
    ]
}

fn item(content: Content) -> Item {
    Item { seq: Seq(4), changed: Seq(9), at: NOW, by: UserId(5), content }
}

/// Returns the parts of a content that a row holds: the text and the key of a message, and the content without its
/// expiry, since ephemeral messages have no row.
fn in_a_row(content: Content) -> (Option<(MessageBody, Option<ClientKey>)>, Content) {
    match content {
        Content::Message(message) => {
            let message = Message { expires_at: None, ..message };
            (Some((message.body.clone(), message.key.clone())), Content::Message(message))
        }
        other => (None, other),
    }
}

#[test]
fn an_item_is_stored_as_its_golden_file_says_and_read_back_the_same() {
    let texts: Samples =
        contents().into_iter().map(|(name, content)| (name.into(), item_to_text(&item(content)))).collect();
    compare("items", &texts);
    for (name, content) in contents() {
        assert_eq!(item_from_text(&texts[name]), Ok(item(content)), "{name}");
    }
}

#[test]
fn a_row_is_stored_as_its_golden_file_says_and_read_back_the_same() {
    let mut columns = Samples::new();
    for (name, content) in contents() {
        let (message, content) = in_a_row(content);
        let column = to_column(&content);
        assert_eq!(from_column(column.as_deref(), message), Ok(content), "{name}");
        columns.insert(name.into(), column.unwrap_or_else(|| "null".into()));
    }
    compare("rows", &columns);
}

#[test]
fn an_answer_is_stored_with_its_counts_and_its_last_change() {
    let counts = RsvpCounts { attending: 2, interested: 1 };
    let content = Content::Rsvp { answer: Rsvp::Attending, counts, answered_at: Some(NOW) };
    let column = to_column(&content).expect("a column");
    let written =
        r#"{"v":2,"kind":"rsvp","answer":"attending","counts":{"attending":2,"interested":1},"answered_at":AT}"#;
    assert_eq!(column, written.replace("AT", &NOW.0.to_string()));
    assert_eq!(from_column(Some(&column), None), Ok(content));
}

#[test]
fn items_and_rows_of_the_first_form_read() {
    let (items, rows) = (golden("v1-items"), golden("v1-rows"));
    for (name, content) in contents_of_the_first_form() {
        assert_eq!(item_from_text(&items[name]), Ok(item(content.clone())), "{name}");
        let (message, content) = in_a_row(content);
        let column = Some(rows[name].as_str()).filter(|column| *column != "null");
        assert_eq!(from_column(column, message), Ok(content), "{name}");
    }
}

#[test]
fn trending_words_are_stored_as_the_golden_file_says_and_those_of_the_first_form_read() {
    let word = |word: &str, score| TrendingWord { word: word.into(), score };
    let words = vec![word("tokio", 1.5), word("c++", 0.25)];
    let text = trending_to_text(NOW, Seq(9), &words);
    compare("trending", &Samples::from([("words".into(), text.clone())]));
    let expected = Ok((NOW, Seq(9), words));
    assert_eq!(trending_from_text(&text), expected);
    assert_eq!(trending_from_text(&golden("v1-trending")["words"]), expected);
}

#[test]
fn an_availability_is_one_word_with_or_without_the_quotes_of_the_first_form() {
    for chosen in [ChosenAvailability::Auto, ChosenAvailability::Away, ChosenAvailability::Dnd] {
        let word = availability_to_word(chosen);
        assert_eq!(availability_from_word(word), Ok(chosen));
        assert_eq!(availability_from_word(&format!("\"{word}\"")), Ok(chosen));
    }
    for damaged in ["", "\"", "awa", "\"away", "busy"] {
        assert_eq!(availability_from_word(damaged), Err(StoredError::Word), "{damaged:?}");
    }
}

#[test]
fn what_a_newer_server_wrote_and_what_is_damaged_are_told_apart() {
    let newer = StoredError::Newer { found: 3, known: 2 };
    let future = r#"{"v":3,"kind":"from_the_future","x":{}}"#;
    assert_eq!(from_column(Some(future), None), Err(newer.clone()));
    assert_eq!(from_column(Some(future), Some(("x".parse().expect("a body"), None))), Err(newer.clone()));
    assert_eq!(item_from_text(future), Err(newer.clone()));
    assert_eq!(trending_from_text(future), Err(newer));
    for damaged in ["", "{", "[]", r#"{"kind":"join""#, r#"{"kind":"fly"}"#, r#"{"v":"x","kind":"join"}"#] {
        assert!(matches!(from_column(Some(damaged), None), Err(StoredError::Shape { .. })), "{damaged:?}");
    }
    assert_eq!(from_column(None, None), Err(StoredError::Missing));
    let misnamed = r#"{"v":2,"kind":"renamed","name":"not a name"}"#;
    assert!(matches!(from_column(Some(misnamed), None), Err(StoredError::Value(_))));
}

#[test]
fn an_error_does_not_quote_what_was_stored() {
    let secret = r#"{"kind":"topic","topic":{"secret":1}}"#;
    let error = from_column(Some(secret), None).expect_err("no topic");
    assert!(!format!("{error} {error:?}").contains("secret"));
}
