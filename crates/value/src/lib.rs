//! Values, document ids, validators; their sorted-bytes and JSON forms.
//!
//! - [`Value`] and [`Object`]: what documents, arguments and results are made of, in one total order.
//! - JSON: [`Value::parse_json`] and [`Value::write_json`] speak the encoded form; [`JsonFormat`] the others.
//! - [`encode_key`]: sorted bytes for index keys, whose byte order is the value order.
//! - [`encode_object`]: the compact form documents are stored in.
//! - [`DocumentId`], [`Timestamp`], [`Validator`], and the rules for names.

mod object;
mod order;
mod value;

mod json;

mod binary;
mod key;

mod identifier;
mod ids;
mod timestamp;

mod validator;

mod error;
pub mod limits;

#[cfg(test)]
mod arbitrary;

pub use binary::{decode_object, decode_value, encode_object, encode_value};
pub use error::{DecodeError, IdError, TimestampError, UnknownJsonFormat, ValidatorError, ValueError};
pub use identifier::{check_field_name, is_identifier};
pub use ids::{DocumentId, InternalId, TableNumber};
pub use json::{JsonFormat, parse_object_json, parse_patch_json, write_json_string};
pub use key::{decode_key, encode_key, key_prefix_end};
pub use object::Object;
pub use timestamp::Timestamp;
pub use validator::{FieldValidator, TableNames, TableRef, Validator};
pub use value::Value;
