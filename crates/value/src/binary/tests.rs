//! Tests of binary.
