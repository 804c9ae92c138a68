//! Finds the language of code in its first word. Must not know how code is shown.

#![deny(clippy::disallowed_methods)]

/// Languages recognised by their name on the same line as the code. Those whose names are also commands (go, bash, sh,
/// diff, ruby, make …) are left out: a posted command must not lose its first word. They can be named with
/// `/code:LANG`, or on a line of their own.
const KNOWN: [&str; 33] = [
    "asm",
    "c",
    "clojure",
    "cpp",
    "csharp",
    "css",
    "dockerfile",
    "elixir",
    "erlang",
    "fsharp",
    "graphql",
    "haskell",
    "html",
    "ini",
    "javascript",
    "js",
    "json",
    "jsx",
    "kotlin",
    "markdown",
    "nix",
    "ocaml",
    "proto",
    "python",
    "rust",
    "scala",
    "sql",
    "text",
    "toml",
    "ts",
    "typescript",
    "xml",
    "yaml",
];

/// Splits the language from the code. A single word on the first line names the language, known or not.
pub(super) fn split(argument: &str) -> (&str, &str) {
    let on_its_own = argument.split_once('\n').map(|(first, code)| (first.trim(), code));
    if let Some((language, code)) = on_its_own.filter(|(first, _)| is_word(first)) {
        return (language, code);
    }
    match argument.split_once(' ') {
        Some((language, code)) if KNOWN.contains(&language) && !code.trim().is_empty() => (language, code),
        Some(_) | None => ("text", argument),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_language_is_taken() {
        assert_eq!(split("rust fn main() {}"), ("rust", "fn main() {}"));
        assert_eq!(split("zig\nfn main() {}"), ("zig", "fn main() {}"));
        assert_eq!(split("let a = 1;\nlet b = 2;"), ("text", "let a = 1;\nlet b = 2;"));
        assert_eq!(split("go build ./..."), ("text", "go build ./..."));
        assert_eq!(split("text rust is a word"), ("text", "rust is a word"));
        assert_eq!(split("rust"), ("text", "rust"));
    }
}
