//! The limits of values, each with its unit.

/// Longest array, in elements.
pub const ARRAY_ELEMENTS_MAX: usize = 8192;
/// Most fields in one object.
pub const OBJECT_FIELDS_MAX: usize = 1024;
/// Deepest nesting of any value: scalars count 0, every container one more than its deepest child.
pub const NESTING_MAX: usize = 64;
/// Deepest nesting of a stored document, the document object included.
pub const DOCUMENT_NESTING_MAX: usize = 16;
/// Largest value held in memory, in bytes of the size function.
pub const VALUE_BYTES_MAX: usize = 32 << 20;
/// Largest stored document with its system fields, in bytes of the size function.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// Longest object key, in bytes.
pub const FIELD_NAME_BYTES_MAX: usize = 1024;
/// Longest identifier, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 64;

/// Deepest nesting the binary decoders follow. Our own records may wrap a user's value a few levels deep, so this
/// is above `NESTING_MAX`; it exists to keep corrupt bytes from exhausting the stack.
pub(crate) const DECODE_NESTING_MAX: usize = 128;
