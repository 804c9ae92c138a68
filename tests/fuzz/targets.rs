//! The fuzz targets: every parser of untrusted input.

use chat_proto::client_frame::ClientFrame;
use chat_proto::codec;
use chat_proto::message::Item;

use super::fuzz;

/// Returns the golden text of every frame.
fn golden() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../chat-proto/golden");
    let files = std::fs::read_dir(folder).expect("the golden files").filter_map(Result::ok);
    let texts: Vec<_> = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    assert!(texts.len() > 20, "the corpus is there");
    texts
}

#[test]
fn client_frames_round_trip() {
    let golden = golden();
    let seeds: Vec<&str> = golden.iter().map(String::as_str).collect();
    fuzz(&seeds, |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        match codec::decode_client(text) {
            Ok(ClientFrame::Request { id, request }) => {
                let bytes = codec::encode_request(id, &request);
                let again = codec::decode_client(std::str::from_utf8(&bytes).expect("UTF-8"));
                assert_eq!(again, Ok(ClientFrame::Request { id, request }));
            }
            Ok(ClientFrame::Hello(hello)) => {
                let bytes = codec::encode_hello(&hello);
                let again = codec::decode_client(std::str::from_utf8(&bytes).expect("UTF-8"));
                assert_eq!(again, Ok(ClientFrame::Hello(hello)));
            }
            Err(error) => assert!(error.error.message.len() < 1_000, "a refusal stays short"),
        }
    });
}

#[test]
fn server_frames_round_trip() {
    let golden = golden();
    let seeds: Vec<&str> = golden.iter().map(String::as_str).collect();
    fuzz(&seeds, |input| {
        if let Ok(text) = std::str::from_utf8(input) {
            drop(codec::decode_server(text));
            drop(codec::from_text::<Item>(text));
        }
    });
}

#[test]
fn untrusted_text_is_made_safe_for_a_terminal() {
    use chat_tui::text::{SafeText, is_unsafe, marks, wrap_verbatim, wrap_words};
    let seeds = [
        "plain text, with `code` and https://e.org/x (see #dev/812) @ana",
        "a\tb\n\tc",
        "日本語 👍 e\u{301}",
        "\u{1b}[31mred\u{1b}[0m",
    ];
    fuzz(&seeds, |input| {
        let text = String::from_utf8_lossy(input);
        let safe = SafeText::block(&text);
        assert!(!safe.as_str().chars().any(is_unsafe));
        assert_eq!(SafeText::block(safe.as_str()), safe, "making it safe twice changes nothing");
        assert!(!SafeText::line(&text).as_str().contains('\n'));
        for columns in [1, 7, 40] {
            for range in wrap_words(safe.as_str(), columns).into_iter().chain(wrap_verbatim(safe.as_str(), columns)) {
                assert!(safe.as_str().get(range).is_some());
            }
        }
        assert!(marks(safe.as_str()).iter().all(|mark| safe.as_str().get(mark.range.clone()).is_some()));
    });
}
