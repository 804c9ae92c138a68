//! The page that `chat help json` prints, as a check of lines. Must not know which command prints which line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chat_tests::client::Home;
use regex::Regex;
use serde_json::Value;

/// The page of the program under test.
pub static PAGE: LazyLock<Page> = LazyLock::new(|| Page::read(&Home::default().output(&["help", "json"])));

/// The fields of each type: the kind of each, and whether it may be missing.
#[derive(Debug)]
pub struct Page {
    types: BTreeMap<String, BTreeMap<String, (String, bool)>>,
    codes: Vec<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let (text, codes) = text.split_once("\nERROR CODES\n").expect("a section");
        let codes = codes.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
        // A list of types may go on in the next line.
        let text = Regex::new(r"(?m)^([a-z_, ]+),\n([a-z_]+)").expect("a pattern").replace_all(text, "$1, $2");
        let heading = Regex::new(r"^[a-z_]+(, [a-z_]+)*$").expect("a pattern");
        let row = Regex::new(r"^  ([a-z_]+)(\??) {2,}(\S+) {2,}\S").expect("a pattern");
        let (mut common, mut named) = (BTreeMap::new(), Vec::<String>::new());
        let mut types = BTreeMap::<String, BTreeMap<_, _>>::new();
        for line in text.lines() {
            if heading.is_match(line) {
                named = line.split(", ").map(str::to_owned).collect();
                for name in &named {
                    types.entry(name.clone()).or_default();
                }
            } else if let Some(found) = row.captures(line) {
                let field = (found[1].to_owned(), (found[3].to_owned(), &found[2] == "?"));
                if named.is_empty() {
                    common.extend([field.clone()]);
                }
                for name in &named {
                    types.entry(name.clone()).or_default().extend([field.clone()]);
                }
            }
        }
        for fields in types.values_mut() {
            fields.extend(common.clone());
        }
        Self { types, codes }
    }

    /// Returns the documented types.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// Returns the type of a line of JSON.
    ///
    /// # Panics
    /// If the type, or one of its fields, is not as documented.
    pub fn check(&self, line: &str) -> String {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        assert_eq!(value["v"], 2, "{line}");
        let name = value["type"].as_str().unwrap_or_else(|| panic!("no type: {line}"));
        let fields = self.types.get(name).unwrap_or_else(|| panic!("an unknown type: {line}"));
        for (field, value) in value.as_object().expect("an object") {
            let (kind, _) = fields.get(field).unwrap_or_else(|| panic!("{field} is not documented: {line}"));
            // No server may have been asked for the other half of it.
            let is_typed = kind == "room" && ["run", "outbox_post"].contains(&name) && value["name"].is_string();
            assert!(is_typed || self.is_kind(kind, value), "{field} is no {kind}: {line}");
        }
        for (field, (_, is_optional)) in fields {
            assert!(*is_optional || value.get(field).is_some(), "{field} is missing: {line}");
        }
        name.to_owned()
    }

    fn is_kind(&self, kind: &str, value: &Value) -> bool {
        let is_id = |id: &Value, letter: &str| {
            let number = id.as_str().and_then(|id| id.strip_prefix(letter));
            number.is_some_and(|number| number.parse::<u64>().is_ok())
        };
        // The scripts know no direct messages: each room has a name, and a name is no id.
        let is_named = |value: &Value, letter: &str| {
            let is_name = value["name"].is_string() && !is_id(&value["name"], letter);
            is_name && is_id(&value["id"], letter) && value.as_object().is_some_and(|object| object.len() == 2)
        };
        match kind {
            "string" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "object" => value.is_object(),
            "time" => {
                let moment = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").expect("a pattern");
                value.as_str().is_some_and(|at| moment.is_match(at))
            }
            "room" => is_named(value, "R"),
            "user" => is_named(value, "U"),
            "users" => value.as_array().is_some_and(|users| users.iter().all(|user| is_named(user, "U"))),
            "code" => value.as_str().is_some_and(|code| self.codes.iter().any(|listed| listed == code)),
            words => value.as_str().is_some_and(|word| words.split('|').any(|listed| listed == word)),
        }
    }
}
