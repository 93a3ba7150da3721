//! Runs the Node.js of this machine with small modules written by hand.

// A test may stop at the first surprise, and so may the helpers of tests.
#![allow(clippy::unwrap_used)]

mod analysis;
mod console;
mod environment;
mod errors;
mod fixture;
mod lifecycle;
mod operations;
mod packages;
mod storage;
