//! No files of a crate need each other in a circle, but for those that are excused. Must not know how imports are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::graph::Graph;
use super::rules::Violation;
use super::tree::Tree;

/// Circles that are excused: their folder and their files.
pub(crate) type Excused<'a> = &'a [(&'a str, &'a [&'a str])];

/// The circles that are not excused, and the excuses that are no longer needed.
pub(crate) fn circles(trees: &[Tree], excused: Excused) -> Vec<Violation> {
    let graphs: Vec<Graph> = trees.iter().map(Graph::of).collect();
    let found: Vec<(&Graph, BTreeSet<PathBuf>)> =
        graphs.iter().flat_map(|graph| graph.circles().into_iter().map(move |circle| (graph, circle))).collect();
    let excuses: Vec<BTreeSet<PathBuf>> =
        excused.iter().map(|(folder, files)| files.iter().map(|file| Path::new(folder).join(file)).collect()).collect();
    let mut violations = Vec::new();
    for (graph, circle) in &found {
        if !excuses.iter().any(|excuse| circle.is_subset(excuse)) {
            let is_new = |file: &&PathBuf| !excuses.iter().any(|excuse| excuse.contains(*file));
            let mut starts: BTreeSet<PathBuf> = circle.iter().filter(is_new).cloned().collect();
            if starts.is_empty() {
                starts.clone_from(circle);
            }
            let chain = graph.chain(circle, &starts);
            let named: Vec<_> = starts.iter().map(|file| file.display().to_string()).collect();
            let what = format!("a circle of {} files: {chain}; not excused: {}", circle.len(), named.join(", "));
            violations.push(Violation::new(folder(circle).display().to_string(), what));
        }
    }
    for (excuse, (folder, _)) in excuses.iter().zip(excused) {
        for file in excuse.iter().filter(|file| !found.iter().any(|(_, circle)| circle.contains(*file))) {
            let what = format!("{} is in no circle any more: take it off the list of exceptions", file.display());
            violations.push(Violation::new(*folder, what));
        }
    }
    violations
}

/// The folder that holds all files of a circle.
fn folder(circle: &BTreeSet<PathBuf>) -> &Path {
    let first = circle.first().map_or(Path::new(""), PathBuf::as_path);
    first.ancestors().skip(1).find(|folder| circle.iter().all(|file| file.starts_with(folder))).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exceptions;
    use crate::{all, assert_none, planted};

    /// What is said of a crate made of these files.
    fn said(files: &[(&str, &str)], excused: Excused) -> Vec<String> {
        circles(&planted(files), excused).iter().map(ToString::to_string).collect()
    }

    /// Asserts that `a.rs`, with this text, and `b.rs`, which needs `a.rs`, make a circle or none.
    #[track_caller]
    fn assert_circle(a: &str, is_circle: bool) {
        let files = [("chat/src/a.rs", a), ("chat/src/b.rs", "use crate::a::A; pub struct B(A);")];
        let said = said(&files, &[]);
        assert_eq!(!said.is_empty(), is_circle, "{a}: {said:?}");
    }

    #[test]
    fn no_files_need_each_other_but_for_those_that_are_excused() {
        assert_none(&circles(&all(), exceptions::CIRCLES));
    }

    #[test]
    fn a_circle_is_seen_however_its_paths_are_written() {
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
            assert_circle(text, true);
        }
    }

    #[test]
    fn what_is_no_need_makes_no_circle() {
        for text in [
            "pub struct A; // use crate::b::B;",
            "/// [`crate::b::B`]\npub struct A; const TEXT: &str = \"crate::b::B\";",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }",
            "pub struct A; #[cfg(test)] use crate::b::B;",
            "pub struct A; #[test] fn f() { crate::b::new(); }",
            "pub(in crate::b) struct A;",
            "use other::b::B; pub struct A;",
        ] {
            assert_circle(text, false);
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
            let said = said(&[&[("chat/src/a.rs", text.as_str())], &rest[..]].concat(), &[]);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(
                said[0].starts_with("chat/src: a circle of 2 files: a.rs → ") && said[0].contains(file),
                "{said:?}"
            );
        }
    }

    #[test]
    fn a_module_file_that_declares_and_re_exports_is_in_no_circle() {
        let child = ("chat/src/parts/b.rs", "use super::c::C; pub struct B(C);");
        let sibling = ("chat/src/parts/c.rs", "pub struct C; impl C { fn f(self) { super::limit(); } }");
        let pure = ("chat/src/parts/mod.rs", "pub use b::B; pub use c::C; pub fn limit() {}");
        assert_eq!(said(&[child, sibling, pure], &[]), [""; 0]);
        let uses = ("chat/src/parts/mod.rs", "pub use b::B; pub use c::C; pub fn limit() { C::new(); }");
        assert_eq!(said(&[child, sibling, uses], &[]).len(), 1, "it uses what it re-exports");
    }

    #[test]
    fn a_second_impl_below_a_type_is_a_part_of_its_file() {
        let parent = ("chat/src/actor.rs", "pub struct Actor; pub struct Turn; fn f() { answers::help(); }");
        let second = ("chat/src/actor/answers.rs", "use super::{Actor, Turn}; impl Actor {} pub fn help() {}");
        assert_eq!(said(&[parent, second], &[]), [""; 0]);
        let own = ("chat/src/actor/answers.rs", "use super::Actor; impl Actor {} pub struct Own; pub fn help() {}");
        assert_eq!(said(&[parent, own], &[]).len(), 1, "it has a type of its own");
        let beside = ("chat/src/answers.rs", "use super::actor::Actor; impl Actor {} pub fn help() {}");
        let user = ("chat/src/actor.rs", "pub struct Actor; fn f() { crate::answers::help(); }");
        assert_eq!(said(&[user, beside], &[]).len(), 1, "it stands beside the type");
    }

    #[test]
    fn an_excuse_must_fit_the_circle() {
        let files = [
            ("chat/src/a.rs", "use crate::b::B; pub struct A;"),
            ("chat/src/b.rs", "use crate::c::C; pub struct B;"),
            ("chat/src/c.rs", "use crate::{a::A, d::D}; pub struct C;"),
            ("chat/src/d.rs", "pub struct D;"),
        ];
        assert_eq!(said(&files, &[("chat/src", &["a.rs", "b.rs", "c.rs"])]), [""; 0]);
        assert_eq!(
            said(&files, &[("chat/src", &["a.rs", "b.rs"])]),
            ["chat/src: a circle of 3 files: c.rs → a.rs (crate::a::A) → b.rs (crate::b::B) → c.rs (crate::c::C); \
              not excused: chat/src/c.rs"]
        );
        assert_eq!(
            said(&files, &[("chat/src", &["a.rs", "b.rs", "c.rs", "d.rs"])]),
            ["chat/src: chat/src/d.rs is in no circle any more: take it off the list of exceptions"]
        );
    }
}
