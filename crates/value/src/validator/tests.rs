//! Tests of validator.
