//! Requests through the whole router, without sockets.

mod calls;
mod context;
mod credentials;
mod manners;
mod site;
pub(crate) mod support;
