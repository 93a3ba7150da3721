//! Runs the Node.js of this machine with small modules written by hand.

mod analysis;
mod console;
mod environment;
mod errors;
mod fixture;
mod lifecycle;
mod operations;
mod packages;
mod storage;
