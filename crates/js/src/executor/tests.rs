//! Calls and evaluations end to end.

mod crypto;
mod determinism;
mod differential;
mod errors;
mod imports;
mod intl;
mod isolation;
mod limits;
mod operations;
mod standards;
mod web;
