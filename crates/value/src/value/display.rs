//! The form of values in error texts.
use std::fmt;
use crate::value::Value;
pub(super) struct ValueDisplay<'a>(pub(super) &'a Value);
impl fmt::Display for ValueDisplay<'_> { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", self.0) } }
