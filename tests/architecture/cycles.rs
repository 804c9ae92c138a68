//! No files of a crate depend on each other in a cycle, but for listed exceptions. Must not know how imports are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::graph::Graph;
use super::rules::Violation;
use super::tree::Tree;

/// Excepted cycles: their folder and their files.
pub(crate) type Excepted<'a> = &'a [(&'a str, &'a [&'a str])];

/// Returns the cycles without an exception, and the exceptions that are no longer needed.
pub(crate) fn cycles(trees: &[Tree], excepted: Excepted) -> Vec<Violation> {
    let graphs: Vec<Graph> = trees.iter().map(Graph::of).collect();
    let found: Vec<(&Graph, BTreeSet<PathBuf>)> =
        graphs.iter().flat_map(|graph| graph.cycles().into_iter().map(move |cycle| (graph, cycle))).collect();
    let excuses: Vec<BTreeSet<PathBuf>> = excepted
        .iter()
        .map(|(folder, files)| files.iter().map(|file| Path::new(folder).join(file)).collect())
        .collect();
    let mut violations = Vec::new();
    for (graph, cycle) in &found {
        if !excuses.iter().any(|excuse| cycle.is_subset(excuse)) {
            let is_new = |file: &&PathBuf| !excuses.iter().any(|excuse| excuse.contains(*file));
            let mut starts: BTreeSet<PathBuf> = cycle.iter().filter(is_new).cloned().collect();
            if starts.is_empty() {
                starts.clone_from(cycle);
            }
            let chain = graph.chain(cycle, &starts);
            let named: Vec<_> = starts.iter().map(|file| file.display().to_string()).collect();
            let what = format!("a cycle of {} files: {chain}; not excepted: {}", cycle.len(), named.join(", "));
            violations.push(Violation::new(folder(cycle).display().to_string(), what));
        }
    }
    for (excuse, (folder, _)) in excuses.iter().zip(excepted) {
        for file in excuse.iter().filter(|file| !found.iter().any(|(_, cycle)| cycle.contains(*file))) {
            let what = format!("{} is no longer in a cycle: remove it from the list of exceptions", file.display());
            violations.push(Violation::new(*folder, what));
        }
    }
    violations
}

/// Returns the folder that contains all files of a cycle.
fn folder(cycle: &BTreeSet<PathBuf>) -> &Path {
    let first = cycle.first().map_or(Path::new(""), PathBuf::as_path);
    first.ancestors().skip(1).find(|folder| cycle.iter().all(|file| file.starts_with(folder))).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exceptions;
    use crate::{all, assert_none, planted};

    /// Returns the violations of a crate made of these files.
    fn violations_in(files: &[(&str, &str)], excepted: Excepted) -> Vec<String> {
        cycles(&planted(files), excepted).iter().map(ToString::to_string).collect()
    }

    /// Asserts whether `a.rs`, with this text, forms a cycle with `b.rs`, which depends on `a.rs`.
    #[track_caller]
    fn assert_cycle(a: &str, is_cycle: bool) {
        let files = [("chat/src/a.rs", a), ("chat/src/b.rs", "use crate::a::A; pub struct B(A);")];
        let found = violations_in(&files, &[]);
        assert_eq!(!found.is_empty(), is_cycle, "{a}: {found:?}");
    }

    #[test]
    fn no_files_depend_on_each_other_in_a_cycle_except_for_listed_ones() {
        assert_none(&cycles(&all(), exceptions::CYCLES));
    }

    #[test]
    fn a_cycle_is_found_however_its_paths_are_written() {
        for text in [
            "use crate::b::B; pub struct A;",
            "use super::b::B; pub struct A;",
            "use super::b; pub struct A(b::B);",
            "use crate::{c::{self, C}, b::{B as Other, D}}; pub struct A;",
            "use crate::{\n    // why\n    b::{\n        B,\n    },\n};\npub struct A;",
            "pub struct A(crate::b::B);",
            "use crate as home; pub struct A(home::b::B);",
            "pub struct A; fn f() { crate::b::new() }",
            "pub struct A; fn f() { use super::b::*; }",
            "pub struct A; fn f() -> u8 { match 1 { super::b::ONE => 1, _ => 2 } }",
            "pub struct A; macro_rules! m { () => { $crate::b::B } }",
            "pub struct A; fn f() { println!(\"{:?}\", crate::b::B); }",
            "#[derive(crate::b::Derived)] pub struct A;",
            "pub struct A; mod inner { use super::super::b::B; }",
            "pub use crate::b::B; pub struct A;",
        ] {
            assert_cycle(text, true);
        }
    }

    #[test]
    fn text_that_is_no_dependency_makes_no_cycle() {
        for text in [
            "pub struct A; // use crate::b::B;",
            "/// [`crate::b::B`]\npub struct A; const TEXT: &str = \"crate::b::B\";",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }",
            "pub struct A; #[cfg(test)] use crate::b::B;",
            "pub struct A; #[test] fn f() { crate::b::new(); }",
            "pub(in crate::b) struct A;",
            "use other::b::B; pub struct A;",
        ] {
            assert_cycle(text, false);
        }
    }

    #[test]
    fn a_name_is_followed_through_re_exports_to_the_file_that_defines_it() {
        let rest = [
            ("chat/src/parts/mod.rs", "pub use b::*; pub use c::C as Renamed;"),
            ("chat/src/parts/b.rs", "use crate::a::A; pub struct B(A);"),
            ("chat/src/parts/c.rs", "use crate::a::A; pub struct C(A);"),
        ];
        for (text, file) in [("use crate::parts::B;", "b.rs"), ("use crate::parts::Renamed;", "c.rs")] {
            let text = format!("{text} pub struct A;");
            let found = violations_in(&[&[("chat/src/a.rs", text.as_str())], &rest[..]].concat(), &[]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].starts_with("chat/src: a cycle of 2 files: a.rs → ") && found[0].contains(file),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_module_file_that_only_declares_and_re_exports_is_in_no_cycle() {
        let child = ("chat/src/parts/b.rs", "use super::c::C; pub struct B(C);");
        let sibling = ("chat/src/parts/c.rs", "pub struct C; impl C { fn f(self) { super::limit(); } }");
        let pure = ("chat/src/parts/mod.rs", "pub use b::B; pub use c::C; pub fn limit() {}");
        assert_eq!(violations_in(&[child, sibling, pure], &[]), [""; 0]);
        let uses = ("chat/src/parts/mod.rs", "pub use b::B; pub use c::C; pub fn limit() { C::new(); }");
        assert_eq!(violations_in(&[child, sibling, uses], &[]).len(), 1, "it uses an item that it re-exports");
    }

    #[test]
    fn a_second_impl_below_a_type_is_a_part_of_its_file() {
        let parent = ("chat/src/actor.rs", "pub struct Actor; pub struct Turn; fn f() { answers::help(); }");
        let second = ("chat/src/actor/answers.rs", "use super::{Actor, Turn}; impl Actor {} pub fn help() {}");
        assert_eq!(violations_in(&[parent, second], &[]), [""; 0]);
        let own = ("chat/src/actor/answers.rs", "use super::Actor; impl Actor {} pub struct Own; pub fn help() {}");
        assert_eq!(violations_in(&[parent, own], &[]).len(), 1, "it has a type of its own");
        let beside = ("chat/src/answers.rs", "use super::actor::Actor; impl Actor {} pub fn help() {}");
        let user = ("chat/src/actor.rs", "pub struct Actor; fn f() { crate::answers::help(); }");
        assert_eq!(violations_in(&[user, beside], &[]).len(), 1, "it is beside the type");
    }

    #[test]
    fn an_exception_must_match_its_cycle() {
        let files = [
            ("chat/src/a.rs", "use crate::b::B; pub struct A;"),
            ("chat/src/b.rs", "use crate::c::C; pub struct B;"),
            ("chat/src/c.rs", "use crate::{a::A, d::D}; pub struct C;"),
            ("chat/src/d.rs", "pub struct D;"),
        ];
        assert_eq!(violations_in(&files, &[("chat/src", &["a.rs", "b.rs", "c.rs"])]), [""; 0]);
        assert_eq!(
            violations_in(&files, &[("chat/src", &["a.rs", "b.rs"])]),
            ["chat/src: a cycle of 3 files: c.rs → a.rs (crate::a::A) → b.rs (crate::b::B) → c.rs (crate::c::C); \
              not excepted: chat/src/c.rs"]
        );
        assert_eq!(
            violations_in(&files, &[("chat/src", &["a.rs", "b.rs", "c.rs", "d.rs"])]),
            ["chat/src: chat/src/d.rs is no longer in a cycle: remove it from the list of exceptions"]
        );
    }
}
