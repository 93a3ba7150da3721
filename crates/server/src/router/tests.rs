//! Requests through the whole router, without sockets.

mod calls;
mod credentials;
mod manners;
pub(crate) mod support;
