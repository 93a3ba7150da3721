//! What can go wrong when values, ids and validators are read.

use thiserror::Error;

/// A value that cannot be accepted. Each kind has a stable code for clients.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    #[error("Invalid JSON at byte {offset}: {reason}.")]
    Syntax { reason: &'static str, offset: usize },
    #[error("{0}")]
    FieldName(String),
    #[error("The special value `{kind}` is malformed: {reason}.")]
    Special { kind: &'static str, reason: &'static str },
    #[error("`undefined` is not allowed here.")]
    Undefined,
    #[error("Array length is too long ({actual} > maximum length {maximum}).")]
    ArrayTooLong { actual: usize, maximum: usize },
    #[error("Object has too many fields ({actual} > maximum number {maximum}).")]
    TooManyFields { actual: usize, maximum: usize },
    #[error("Value is too nested (maximum nesting {maximum}).")]
    TooNested { maximum: usize },
    #[error("Value is too large ({actual} > maximum size {maximum} bytes).")]
    TooLarge { actual: usize, maximum: usize },
    #[error("Expected an object.")]
    NotAnObject,
}

impl ValueError {
    /// Returns the stable code clients see for this error.
    pub fn code(&self) -> &'static str {
        match self {
            ValueError::Syntax { .. } => "BadJsonBody",
            ValueError::FieldName(_) => "InvalidFieldNameError",
            ValueError::Special { .. } | ValueError::Undefined => "BadConvexJson",
            ValueError::NotAnObject => "InvalidDocumentError",
            ValueError::ArrayTooLong { .. } => "ArrayTooLong",
            ValueError::TooManyFields { .. } => "TooManyFieldsError",
            ValueError::TooNested { .. } => "TooNestedError",
            ValueError::TooLarge { .. } => "ValueTooLargeError",
        }
    }
}

/// Stored bytes that are not what the encoder writes: damage, or a newer format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("the bytes end too early")]
    Truncated,
    #[error("unknown format version {0}")]
    Version(u8),
    #[error("unknown tag {0:#04x}")]
    Tag(u8),
    #[error("a string is not valid UTF-8")]
    Utf8,
    #[error("a length or escape is malformed")]
    Malformed,
    #[error("object keys are not in ascending order")]
    KeyOrder,
    #[error("nested too deeply")]
    TooNested,
    #[error("bytes are left over after the value")]
    Trailing,
}

/// A string that is not a document id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    #[error("id has length {0}, expected 31 to 37")]
    Length(usize),
    #[error("id holds a character outside its alphabet")]
    Alphabet,
    #[error("id has no valid table number")]
    TableNumber,
    #[error("id has a wrong checksum")]
    Checksum,
    #[error("id is not in canonical form")]
    NotCanonical,
}

/// A string that is not a timestamp in its wire form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("timestamp is not the base64 of eight bytes")]
pub struct TimestampError;

/// A result format name nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Unknown format `{0}`.")]
pub struct UnknownJsonFormat(pub String);

/// A validator that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValidatorError {
    #[error("Validator is not valid JSON: {0}")]
    Json(String),
    #[error("Validator is malformed: {0}")]
    Shape(String),
    #[error("{0}")]
    Rule(String),
    #[error(transparent)]
    Literal(#[from] ValueError),
}
