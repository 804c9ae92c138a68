//! Stop words: words without meaning of their own, in the common languages and in chats. Pure; must not know
//! how words are counted.

#![deny(clippy::disallowed_methods)]

use std::cmp::Ordering;

/// The stop words of the common languages, sorted by bytes, one per line. One text instead of a set: it takes no memory
/// until a word is looked up, and then only the pages that lookup touches.
const OF_LANGUAGES: &str = include_str!(concat!(env!("OUT_DIR"), "/stop_words.txt"));

/// Words people use in every chat; sorted.
const CHAT_WORDS: &[&str] = &[
    "already",
    "also",
    "anyone",
    "anything",
    "back",
    "btw",
    "bye",
    "cannot",
    "could",
    "done",
    "eh",
    "else",
    "etc",
    "even",
    "everyone",
    "fine",
    "fyi",
    "get",
    "gets",
    "getting",
    "give",
    "goes",
    "going",
    "gone",
    "gonna",
    "good",
    "got",
    "great",
    "guess",
    "guys",
    "haha",
    "hello",
    "hey",
    "hi",
    "hm",
    "hmm",
    "idk",
    "imho",
    "imo",
    "it",
    "just",
    "know",
    "later",
    "let",
    "lets",
    "lgtm",
    "like",
    "lol",
    "look",
    "looking",
    "looks",
    "made",
    "make",
    "makes",
    "making",
    "many",
    "may",
    "maybe",
    "might",
    "morning",
    "much",
    "must",
    "need",
    "needs",
    "never",
    "nice",
    "nope",
    "oh",
    "ok",
    "okay",
    "omg",
    "one",
    "please",
    "pls",
    "probably",
    "put",
    "really",
    "right",
    "said",
    "say",
    "says",
    "see",
    "seem",
    "seems",
    "seen",
    "shall",
    "since",
    "someone",
    "something",
    "sorry",
    "still",
    "stuff",
    "sure",
    "take",
    "tell",
    "thank",
    "thanks",
    "thing",
    "things",
    "think",
    "tho",
    "though",
    "thx",
    "today",
    "told",
    "tomorrow",
    "try",
    "trying",
    "two",
    "use",
    "used",
    "using",
    "wanna",
    "want",
    "wants",
    "well",
    "went",
    "whether",
    "without",
    "wont",
    "would",
    "wow",
    "yea",
    "yeah",
    "yep",
    "yes",
    "yesterday",
    "yet",
    "yup",
];

/// Words on some language's list that do mean something to developers; they override the lists.
const KEPT_WORDS: &[&str] = &["bin", "ci", "design", "dir", "os", "pod", "todo"];

/// Returns whether a word, in lower case, is a stop word.
pub(super) fn is_stop_word(word: &str) -> bool {
    !KEPT_WORDS.contains(&word) && (CHAT_WORDS.binary_search(&word).is_ok() || is_line_of(OF_LANGUAGES, word))
}

/// Returns whether a sorted text contains this line.
fn is_line_of(text: &str, line: &str) -> bool {
    let text = text.as_bytes();
    let is_break = |byte: &u8| *byte == b'\n';
    // Whole lines: `low` is at the start of one, `high` just after the end of one.
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text[low..middle].iter().rposition(is_break).map_or(low, |at| low + at + 1);
        let end = text[middle..high].iter().position(is_break).map_or(high, |at| middle + at);
        match text[start..end].cmp(line.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_languages_and_of_chats_are_stop_words() {
        let of_languages = ["في", "že", "jeg", "nicht", "και", "the", "pero", "mutta"];
        for word in of_languages.iter().chain(CHAT_WORDS) {
            assert!(is_stop_word(word), "{word}");
        }
        assert!(!is_stop_word(""));
        assert!(!is_stop_word("the\nthem"));
    }

    #[test]
    fn every_line_of_a_sorted_text_is_found_and_nothing_else() {
        for count in 0..40 {
            let lines: Vec<String> = (0..count).map(|at| "é".repeat(at % 5) + &format!("{at:02}")).collect();
            let sorted: std::collections::BTreeSet<&str> = lines.iter().map(String::as_str).collect();
            let text = sorted.into_iter().collect::<Vec<_>>().join("\n");
            assert!(lines.iter().all(|line| is_line_of(&text, line)), "{text}");
            assert!(["", "0", "é", "éé", "00\n", "zz", "é7"].iter().all(|line| !is_line_of(&text, line)), "{text}");
        }
        assert!(OF_LANGUAGES.lines().all(|word| is_line_of(OF_LANGUAGES, word)));
    }

    #[test]
    fn what_developers_speak_of_is_no_stop_word() {
        let words = "test build fix deploy server redis rust issue error case state order room system member ci os pod \
                     design todo release merge review cache queue problem computer microsoft order";
        assert_eq!(words.split_whitespace().filter(|word| is_stop_word(word)).collect::<Vec<_>>(), [""; 0]);
    }
}
