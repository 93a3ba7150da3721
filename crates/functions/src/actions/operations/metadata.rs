//! `ctx.auth` and `ctx.meta` in actions.

use serde_json::json;

use super::{Answer, Operations, refused};
use crate::host::request_metadata;

impl Operations {
    pub(super) fn user_identity(&self) -> Answer {
        let context = self.context();
        // Who uses the app is not the business of its components.
        if !context.path.component.is_empty() {
            return Ok("null".into());
        }
        if let Some(error) = &context.identity_error {
            return Err(refused(error.clone()));
        }
        Ok(context.identity.user().map_or_else(|| "null".into(), |user| user.to_json().to_string()))
    }

    pub(super) fn function_metadata(&self) -> Answer {
        let path = &self.context().path;
        Ok(json!({ "name": path.display_name(), "componentPath": path.component }).to_string())
    }

    pub(super) fn deployment_metadata(&self) -> Answer {
        let name = &self.context().runtime.options().instance_name;
        Ok(json!({ "name": name, "region": null, "class": "s16" }).to_string())
    }

    pub(super) fn request_metadata(&self) -> Answer {
        let context = self.context();
        Ok(request_metadata(&context.request_id, &context.identity, context.origin.as_deref()).to_string())
    }
}
