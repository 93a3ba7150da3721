//! Tests of identifier.
