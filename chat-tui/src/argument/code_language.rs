//! Names of programming languages as people type them after `--code`. Pure: must not know how code is shown.

#![deny(clippy::disallowed_methods)]

/// Common names, sorted; a language need not be here to be used.
const LANGUAGES: &[&str] = &[
    "awk",
    "bash",
    "c",
    "clojure",
    "console",
    "cpp",
    "csharp",
    "css",
    "diff",
    "dockerfile",
    "elixir",
    "erlang",
    "fish",
    "fsharp",
    "go",
    "graphql",
    "haskell",
    "html",
    "ini",
    "java",
    "javascript",
    "js",
    "json",
    "kotlin",
    "latex",
    "lisp",
    "log",
    "lua",
    "make",
    "markdown",
    "md",
    "nix",
    "ocaml",
    "perl",
    "php",
    "powershell",
    "py",
    "python",
    "r",
    "rb",
    "rs",
    "ruby",
    "rust",
    "scala",
    "sh",
    "shell",
    "sql",
    "swift",
    "text",
    "toml",
    "ts",
    "typescript",
    "vim",
    "xml",
    "yaml",
    "yml",
    "zig",
    "zsh",
];

/// Returns whether a word is the name of a language.
pub fn is_language(word: &str) -> bool {
    LANGUAGES.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_found() {
        assert!(LANGUAGES.is_sorted());
        assert!(LANGUAGES.iter().all(|language| is_language(language)));
        assert!(!is_language("hello") && !is_language("Rust"));
    }
}
