//! Writes the stop words of the common languages as one sorted text, one word per line. The program then needs no table
//! of pointers, which every process would fill in and keep in memory.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Languages whose stop words are dropped, all at once: rooms mix languages, and a message is too short to tell which
/// one it is in. Languages whose lists contain many words that mean something elsewhere are left out.
const LANGUAGES: [&str; 25] = [
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hu", "id", "it", "ja", "ko", "nl", "no", "pl", "pt",
    "ro", "ru", "sv", "tr", "uk", "zh",
];

fn main() -> std::io::Result<()> {
    let mut words = BTreeSet::new();
    for language in LANGUAGES {
        let of_language = stop_words::lookup(language);
        words.extend(of_language.ok_or_else(|| std::io::Error::other(format!("no stop words of {language}")))?);
    }
    let folder = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("cargo says no OUT_DIR"))?;
    let text: Vec<&str> = words.into_iter().copied().collect();
    std::fs::write(PathBuf::from(folder).join("stop_words.txt"), text.join("\n"))?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
