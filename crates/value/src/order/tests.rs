//! Tests of order.
