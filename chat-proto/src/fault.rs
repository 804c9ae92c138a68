//! Reads a value out of JSON and says which field does not fit and why, from the facts serde reports and not from its
//! sentences. It must not know which frames there are.

use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};
use serde_json::Value;

use crate::error::{ErrorBody, ErrorCode};

pub(crate) use serde_json::value::RawValue;

/// Reads a `T`.
///
/// # Errors
/// `too_large` if a text in it is too long, else `bad_request`; both name the field if it is known.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ErrorBody> {
    serde_json::from_str(text).map_err(|_| misfit::<T>(text))
}

/// Reads `text` a second time, more slowly, to learn why it is not a `T`. Only a refused text costs this.
fn misfit<T: DeserializeOwned>(text: &str) -> ErrorBody {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return ErrorBody::new(ErrorCode::BadRequest, "The frame is not valid JSON.");
    };
    match T::deserialize(Reader(&value)) {
        Err(fault) => fault.body(),
        // `Value` keeps the last of two fields of one name; the types refuse the second.
        Ok(_) => ErrorBody::new(ErrorCode::BadRequest, "The frame has the same field twice."),
    }
}

/// Why a value does not fit its type.
#[derive(Debug)]
struct Fault {
    /// The way to the field, innermost step first.
    path: Vec<Step>,
    kind: Kind,
}

/// One step from a value to a part of it.
#[derive(Debug)]
enum Step {
    Field(String),
    Index(usize),
}

/// The fault of a field. Never holds the field's value.
#[derive(Debug)]
enum Kind {
    Missing,
    /// Its length, and the lengths that are allowed.
    TooLong(usize, String),
    /// The type it has, and the one it should have.
    WrongType(&'static str, String),
    /// The values that are allowed.
    OutOfRange(String),
    /// The names that are known.
    UnknownName(&'static [&'static str]),
    /// A type's own reason, as a predicate: "is empty".
    Refused(String),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self { path: Vec::new(), kind }
    }

    fn inside(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    fn body(&self) -> ErrorBody {
        let code = match self.kind {
            Kind::TooLong(..) => ErrorCode::TooLarge,
            Kind::Missing | Kind::WrongType(..) | Kind::OutOfRange(_) | Kind::UnknownName(_) | Kind::Refused(_) => {
                ErrorCode::BadRequest
            }
        };
        let body = ErrorBody::new(code, self.to_string());
        if self.path.is_empty() { body } else { body.at_field(&self.field()) }
    }

    /// The path as it is written: `subscribe.rooms[3]`.
    fn field(&self) -> String {
        let mut field = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Index(index) => field.extend(["[", &index.to_string(), "]"]),
                Step::Field(name) if field.is_empty() => field.push_str(name),
                Step::Field(name) => field.extend([".", name]),
            }
        }
        field
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str("The frame ")?;
        } else {
            write!(f, "The field `{}` ", self.field())?;
        }
        match &self.kind {
            Kind::Missing => f.write_str("is missing."),
            Kind::TooLong(actual, allowed) => write!(f, "is too long: {allowed} are allowed, it has {actual}."),
            Kind::WrongType(actual, expected) => write!(f, "has the wrong type: expected {expected}, found {actual}."),
            Kind::OutOfRange(expected) => write!(f, "has a value that is not allowed: expected {expected}."),
            Kind::UnknownName(known) => write!(f, "has an unknown value; known are: {}.", known.join(", ")),
            Kind::Refused(reason) => write!(f, "{reason}."),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(Kind::Refused(reason.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::Missing).inside(Step::Field(field.to_owned()))
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> Self {
        Self::new(Kind::TooLong(len, expected.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Kind::WrongType(kind_of(unexpected), expected.to_string()))
    }

    fn invalid_value(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Kind::OutOfRange(expected.to_string()))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownName(expected))
    }
}

/// The JSON type of a value, without the value.
fn kind_of(unexpected: Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq | Unexpected::TupleVariant => "an array",
        Unexpected::Map
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::StructVariant => "an object",
        Unexpected::Other(_) => "something else",
    }
}

/// Hands a JSON value to a type's visitor, and notes the way to the part that the type refuses.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, Fault> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(values) => visitor.visit_seq(Places { values: values.iter().enumerate() }),
            Value::Object(fields) => visitor.visit_map(Fields { fields: fields.iter(), next: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        // `RawValue` takes its text as the one field of a map named like itself.
        if name.starts_with("$serde_json") {
            return visitor.visit_map(MapDeserializer::new(std::iter::once((name, self.0.to_string()))));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(variant.as_str().into_deserializer()),
            Value::Object(fields) if fields.len() == 1 => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(Fields { fields: fields.iter(), next: None }))
            }
            other => Err(de::Error::invalid_type(unexpected(other), &"a name, or an object with one field")),
        }
    }

    // serde would also take an array for a struct, and report one of another length as a text that is too long.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            other => Err(de::Error::invalid_type(unexpected(other), &"an object")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(_) => Unexpected::Unsigned(0),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// The fields of an object, each handed out with its name noted.
struct Fields<'de> {
    fields: serde_json::map::Iter<'de>,
    next: Option<(&'de String, &'de Value)>,
}

impl<'de> de::MapAccess<'de> for Fields<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.next = self.fields.next();
        self.next.map(|(name, _)| seed.deserialize(name.as_str().into_deserializer())).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let (name, value) =
            self.next.take().ok_or_else(|| Fault::new(Kind::Refused("has no value here".to_owned())))?;
        seed.deserialize(Reader(value)).map_err(|fault| fault.inside(Step::Field(name.clone())))
    }
}

/// The elements of an array, each handed out with its place noted.
struct Places<'de> {
    values: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
}

impl<'de> de::SeqAccess<'de> for Places<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some((index, value)) = self.values.next() else { return Ok(None) };
        seed.deserialize(Reader(value)).map(Some).map_err(|fault| fault.inside(Step::Index(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_frame::Hello;
    use crate::request::Post;

    fn fault_of<T: DeserializeOwned + fmt::Debug>(text: &str) -> (ErrorCode, Option<String>, String) {
        let body = read::<T>(text).expect_err("it does not fit");
        (body.code, body.field, body.message)
    }

    fn post(fields: &str) -> (ErrorCode, Option<String>, String) {
        fault_of::<Post>(&format!(r#"{{"type":"post","id":1,"key":"k",{fields}}}"#))
    }

    #[test]
    fn each_fault_names_its_field_and_its_code() {
        let long = format!(r#""room":"R1","body":"{}""#, "x".repeat(8_001));
        let cases = [
            (post(r#""body":"a""#), ErrorCode::BadRequest, "room", "is missing"),
            (post(r#""room":7,"body":"a""#), ErrorCode::BadRequest, "room", "expected a string, found a whole number"),
            (post(r#""room":"7","body":"a""#), ErrorCode::BadRequest, "room", "is not an id"),
            (post(&long), ErrorCode::TooLarge, "body", "at most 8000 characters are allowed, it has 8001"),
            (post(r#""room":"R1","body":" ""#), ErrorCode::BadRequest, "body", "is empty"),
            (post(r#""room":"R1","body":"a","reply_to":-1"#), ErrorCode::BadRequest, "reply_to", "not allowed"),
            (
                post(r#""room":"R1","body":"a","reply_to":9007199254740992"#),
                ErrorCode::BadRequest,
                "reply_to",
                "below 2^53",
            ),
            (post(r#""room":"R1","body":"a","chain":"x""#), ErrorCode::BadRequest, "chain", "continue, restart"),
            (post(r#""room":"R1","body":"a","life":{"ttl_ms":"x"}"#), ErrorCode::BadRequest, "life.ttl_ms", "a string"),
            (post(r#""room":"R1","body":"a","life":[]"#), ErrorCode::BadRequest, "life", "found an array"),
        ];
        for ((code, field, message), expected_code, expected_field, part) in cases {
            assert_eq!((code, field.as_deref()), (expected_code, Some(expected_field)), "{message}");
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_fault_deep_in_a_frame_is_named_by_its_path() {
        let hello = |fields: &str| fault_of::<Hello>(&format!(r#"{{"version":1,{fields}}}"#));
        let client = r#""client":{"name":"x","version":"1"}"#;
        let (.., field, _) = hello(&format!(r#"{client},"auth":{{"method":"peer"}},"subscribe":{{"rooms":["R1",5]}}"#));
        assert_eq!(field.as_deref(), Some("subscribe.rooms[1]"));
        let (code, field, _) = hello(&format!(r#"{client},"auth":{{"method":"password","name":"ana"}}"#));
        assert_eq!((code, field.as_deref()), (ErrorCode::BadRequest, Some("auth.password")));
        let (code, field, _) = hello(r#""client":["x"],"auth":{"method":"peer"}"#);
        assert_eq!((code, field.as_deref()), (ErrorCode::BadRequest, Some("client")), "an array is no text too long");
    }

    #[test]
    fn a_fault_holds_nothing_of_the_content() {
        let texts = [
            r#""room":"secret","body":"a""#,
            r#""room":"R1","body":"a","chain":"secret""#,
            r#""room":"R1","body":"a","reply_to":"secret""#,
            r#""room":"R1","body":{"secret":1}"#,
            r#""room":"R1","body":"a","life":{"secret":1}"#,
            r#""room":"R1","body":"a","life":"secret""#,
        ];
        for text in texts {
            let (_, field, message) = post(text);
            assert!(!message.contains("secret") && !field.unwrap_or_default().contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_field_given_twice_and_broken_json_are_bad_requests() {
        let (code, _, message) = post(r#""room":"R1","room":"R2","body":"a""#);
        assert_eq!((code, message.contains("twice")), (ErrorCode::BadRequest, true));
        assert_eq!(fault_of::<Post>("{").0, ErrorCode::BadRequest);
    }

    #[test]
    fn a_raw_answer_is_read_with_its_frame() {
        let (.., field, _) = fault_of::<crate::server_frame::OkFrame>(r#"{"result":{"a":[1]}}"#);
        assert_eq!(field.as_deref(), Some("id"));
    }
}
