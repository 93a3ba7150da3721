//! Plain HTTP requests to the function endpoints.

use std::time::Duration;

use serde_json::{Value, json};

const REQUEST_MAX: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Http {
    agent: ureq::Agent,
    base: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Http {
    pub fn new(base: &str) -> Http {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(REQUEST_MAX)).build();
        Http { agent: config.into(), base: base.to_owned() }
    }

    pub fn is_up(&self) -> bool {
        self.get("/version").is_ok_and(|answer| answer.status == 200)
    }

    pub fn get(&self, path: &str) -> Result<Answer, ureq::Error> {
        read(self.agent.get(format!("{}{path}", self.base)).call()?)
    }

    pub fn post(&self, path: &str, body: &str) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Content-Type", "application/json");
        read(request.send(body)?)
    }

    /// Calls a function and gives its value, or the whole error answer.
    pub fn call(&self, kind: &str, path: &str, args: Value) -> Result<Value, String> {
        let body = json!({ "path": path, "args": args, "format": "convex_encoded_json" }).to_string();
        let answer = self.post(&format!("/api/{kind}"), &body).map_err(|error| error.to_string())?;
        let mut json = answer.json();
        if answer.status == 200 && json["status"] == "success" {
            return Ok(json["value"].take());
        }
        Err(format!("{}: {}", answer.status, answer.text))
    }

    pub fn query(&self, path: &str, args: Value) -> Value {
        self.call("query", path, args).unwrap_or_else(|error| panic!("query {path}: {error}"))
    }

    pub fn mutation(&self, path: &str, args: Value) -> Value {
        self.call("mutation", path, args).unwrap_or_else(|error| panic!("mutation {path}: {error}"))
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
    Ok(Answer { status, text })
}
