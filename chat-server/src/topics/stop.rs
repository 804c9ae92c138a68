//! The words that say nothing by themselves, in the usual languages and in chats. PURE.

#![deny(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::sync::LazyLock;

/// Languages whose stop words are dropped, all at once: rooms mix languages, and a message is too short to tell its own.
/// Languages whose lists hold many words that mean something elsewhere are left out.
const LANGUAGES: [&str; 25] = [
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hu", "id", "it", "ja", "ko", "nl", "no", "pl", "pt",
    "ro", "ru", "sv", "tr", "uk", "zh",
];

/// What people say in chats whatever they speak of.
const CHAT_WORDS: &[&str] = &[
    "also",
    "already",
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
    "like",
    "lgtm",
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
    "yet",
    "yesterday",
    "yup",
];

/// Words of some language's list that mean something to those who talk here.
const KEPT_WORDS: &[&str] = &["bin", "ci", "design", "dir", "os", "pod", "todo"];

static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let of_languages = LANGUAGES.iter().filter_map(stop_words::lookup).flatten();
    let mut words: HashSet<&'static str> = of_languages.chain(CHAT_WORDS).copied().collect();
    for kept in KEPT_WORDS {
        words.remove(kept);
    }
    words
});

/// Whether a word, in lower case, says nothing by itself.
pub(super) fn is_stop_word(word: &str) -> bool {
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_all_languages_are_there() {
        for (language, word) in LANGUAGES.iter().zip(["في", "že", "jeg", "nicht", "και", "the", "pero", "mutta"])
        {
            assert!(is_stop_word(word), "{language} {word}");
        }
        assert!(LANGUAGES.iter().all(|language| stop_words::lookup(language).is_some()));
    }

    #[test]
    fn what_developers_speak_of_is_no_stop_word() {
        let words = "test build fix deploy server redis rust issue error case state order room system member ci os pod \
                     design todo release merge review cache queue problem computer microsoft order";
        assert_eq!(words.split_whitespace().filter(|word| is_stop_word(word)).collect::<Vec<_>>(), [""; 0]);
    }
}
