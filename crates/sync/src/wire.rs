//! The JSON messages, as structs that mirror the wire and conversions that check them.

pub mod chunk;
pub mod client_message;
pub mod server_message;
