//! Tests of timestamp.
