//! The dependencies of the programs: permitted licences, one version of each crate, and only the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences that permit distribution; of alternatives, one suffices.
const LICENCES: [&str; 9] =
    ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Zlib", "Unicode-3.0", "0BSD", "MPL-2.0", "BSL-1.0"];

/// Crates that may be linked in two versions, because their dependents require different ones.
const TWICE: [&str; 1] = ["getrandom"];

/// A crate linked into the programs.
struct Linked {
    name: String,
    /// `v1.2.3`, followed by its origin if that is not the registry.
    version: String,
    origin: String,
    licence: String,
}

/// Returns the crates linked into the programs, without those used only by tests or in the compiler.
fn linked() -> Vec<Linked> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--package", "chat-tui", "--package", "chat-server", "--no-dedupe", "--format", "{p}|{l}"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let crates: Vec<_> = lines.into_iter().map(read).collect();
    assert!(crates.len() > 100, "all crates are found: {}", crates.len());
    crates
}

/// Parses `name v1.2.3 (origin)|LICENCE`.
fn read(line: &str) -> Linked {
    let (package, licence) = line.split_once('|').expect("the requested format");
    let mut words = package.splitn(3, ' ').map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    Linked { name: word(), version: word(), origin: word(), licence: licence.to_owned() }
}

/// Returns whether an SPDX expression can be satisfied with [`LICENCES`].
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // Brackets are dropped: the one kind that occurs, `(A OR B) AND C`, then requires A, or for B and C.
    expression.split(" OR ").any(|choice| {
        choice
            .split(" AND ")
            .all(|licence| LICENCES.contains(&licence.split(" WITH ").next().unwrap_or_default().trim()))
    })
}

#[test]
fn every_licence_permits_distribution() {
    let wrong: Vec<_> = linked()
        .into_iter()
        .filter(|linked| linked.origin.is_empty() && !is_allowed(&linked.licence))
        .map(|linked| (linked.name, linked.licence))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!is_allowed("GPL-3.0") && !is_allowed("MIT AND GPL-3.0") && is_allowed("GPL-3.0 OR MIT"));
}

#[test]
fn every_crate_is_linked_in_one_version_and_comes_from_the_registry() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for linked in linked() {
        // Only crates from outside the registry have an origin: ours, by their folder.
        assert!(
            linked.origin.is_empty() || linked.name.starts_with("chat-"),
            "{} is from {}",
            linked.name,
            linked.origin
        );
        versions.entry(linked.name).or_default().insert(linked.version);
    }
    versions.retain(|name, versions| versions.len() > 1 && !TWICE.contains(&name.as_str()));
    assert!(versions.is_empty(), "{versions:#?}");
}
