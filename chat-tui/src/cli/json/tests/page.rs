//! The page of `chat help json` against the lines: it names each type and field, and nothing else. Must not know how a page
//! is printed.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

use super::{HELP, Line, samples};

/// The types that `chat-server` alone prints; the scripts of `tests/cli` check its lines.
const OF_THE_SERVER: [&str; 1] = ["prune"];

/// A field as the page describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    is_optional: bool,
    kind: String,
}

/// The fields of each type, as the page describes them.
fn types() -> BTreeMap<String, BTreeMap<String, Field>> {
    let heading = Regex::new(r"^[a-z_]+(, [a-z_]+)*,?$").expect("a pattern");
    let row = Regex::new(r"^  ([a-z_]+)(\??) {2,}(\S+) {2,}\S").expect("a pattern");
    let (mut named, mut is_open) = (Vec::new(), false);
    let (mut common, mut types) = (Vec::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
    for line in HELP.lines() {
        if heading.is_match(line) {
            if !is_open {
                named.clear();
            }
            named.extend(line.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned));
            for name in &named {
                types.entry(name.clone()).or_default();
            }
            is_open = line.ends_with(',');
        } else if let Some(found) = row.captures(line) {
            let field = Field { is_optional: &found[2] == "?", kind: found[3].to_owned() };
            if named.is_empty() {
                common.push((found[1].to_owned(), field.clone()));
            }
            for name in &named {
                let twice = types.entry(name.clone()).or_default().insert(found[1].to_owned(), field.clone());
                assert_eq!(twice, None, "{name} has {} twice", &found[1]);
            }
        }
    }
    for fields in types.values_mut() {
        fields.extend(common.iter().cloned());
    }
    types
}

/// The codes of errors that the page lists.
fn codes() -> BTreeSet<String> {
    let (_, listed) = HELP.split_once("\nERROR CODES\n").expect("a section");
    listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn is_kind(kind: &str, value: &Value) -> bool {
    let names = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
    let is_user = |value: &Value| names(value).is_some_and(|names| names == ["id", "name"]);
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "time" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok() && text.len() == 24),
        "room" => is_user(value) || names(value).is_some_and(|names| names == ["id"] || names == ["name"]),
        "user" => is_user(value),
        "users" => value.as_array().is_some_and(|users| users.iter().all(is_user)),
        "code" => value.as_str().is_some_and(|code| codes().contains(code)),
        words => {
            assert!(words.contains('|'), "{words} is no kind");
            value.as_str().is_some_and(|word| words.split('|').any(|listed| listed == word))
        }
    }
}

#[test]
fn the_page_describes_every_type_and_every_field() {
    let (types, samples) = (types(), samples());
    let named: BTreeSet<&str> = types.keys().map(String::as_str).collect();
    let printed: BTreeSet<&str> = Line::TYPES.iter().chain(&OF_THE_SERVER).copied().collect();
    assert_eq!(named, printed, "the types of the page are those of the lines");
    for (name, lines) in &samples.0 {
        let mut seen = BTreeSet::new();
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            for (field, value) in line.as_object().expect("an object") {
                let described =
                    types[name].get(field).unwrap_or_else(|| panic!("{name} has {field}, the page has not"));
                assert!(is_kind(&described.kind, value), "{name}: {field} is no {}: {value}", described.kind);
                seen.insert(field.clone());
            }
            for (field, described) in &types[name] {
                assert!(described.is_optional || line.get(field).is_some(), "{field} is missing: {line}");
            }
        }
        // Any event may change; not each has a sample of that.
        let unseen = types[name].keys().filter(|field| !seen.contains(*field) && field.as_str() != "changed");
        assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&String>::new(), "{name}: a field that no line has");
    }
}

#[test]
fn a_field_is_of_the_same_kind_in_every_type() {
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for (field, described) in types().into_values().flatten() {
        let kind = match described.kind.as_str() {
            "number" | "boolean" | "object" | "room" | "user" | "users" => described.kind,
            _ => "string".to_owned(),
        };
        let known = kinds.entry(field.clone()).or_insert_with(|| kind.clone());
        assert_eq!(*known, kind, "{field}");
    }
}

#[test]
fn the_page_lists_every_code_of_an_error() {
    let errors = samples().0["error"].clone();
    let errors = errors.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let used: BTreeSet<String> = errors.map(|line| line["code"].as_str().expect("a code").to_owned()).collect();
    assert_eq!(codes(), used);
}
