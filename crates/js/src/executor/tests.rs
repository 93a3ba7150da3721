//! Calls and evaluations end to end.

mod determinism;
mod errors;
mod imports;
mod isolation;
mod limits;
mod operations;
mod web;
