//! Requests through the whole router, without sockets.

mod calls;
mod context;
mod credentials;
mod manners;
pub(crate) mod support;
