//! Messages from clients: strict structs of the wire, then conversions to what a session works with.
//!
//! Arguments stay the JSON text they arrived as. Unknown fields are ignored, unknown message types are not.

use std::sync::Arc;

use functions::{FunctionPath, UserIdentity};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use value::Timestamp;

use crate::effect::{AuthRequest, QueryId};

/// A checked message.
#[derive(Debug)]
pub enum ClientMessage {
    Connect(Connect),
    Authenticate(Authenticate),
    ModifyQuerySet(ModifyQuerySet),
    Mutation(Request),
    Action(Request),
    /// Telemetry.
    Event,
}

#[derive(Debug)]
pub struct Connect {
    pub session_id: Uuid,
    pub max_observed: Option<Timestamp>,
    /// Milliseconds since the Unix epoch on the client's clock.
    pub client_ms: Option<i64>,
}

#[derive(Debug)]
pub struct Authenticate {
    pub base_version: u32,
    /// `None` logs out.
    pub request: Option<AuthRequest>,
}

#[derive(Debug)]
pub struct ModifyQuerySet {
    pub base_version: u32,
    pub new_version: u32,
    pub modifications: Vec<Modification>,
}

#[derive(Debug)]
pub enum Modification {
    Add(AddQuery),
    Remove(QueryId),
}

#[derive(Debug)]
pub struct AddQuery {
    pub id: QueryId,
    pub path: FunctionPath,
    pub args: Arc<str>,
    pub journal: Option<Arc<str>>,
}

/// A mutation or an action.
#[derive(Debug)]
pub struct Request {
    pub id: u32,
    pub path: FunctionPath,
    pub args: Arc<str>,
}

impl ClientMessage {
    /// Errors: what is wrong with the text.
    pub fn parse(text: &str) -> Result<ClientMessage, String> {
        let Tag { kind } = parse(text)?;
        match &*kind {
            "Connect" => parse::<WireConnect>(text)?.check().map(ClientMessage::Connect),
            "Authenticate" => parse::<WireAuthenticate>(text)?.check().map(ClientMessage::Authenticate),
            "ModifyQuerySet" => parse::<WireModifyQuerySet<'_>>(text)?.check().map(ClientMessage::ModifyQuerySet),
            "Mutation" => parse::<WireRequest<'_>>(text)?.check().map(ClientMessage::Mutation),
            "Action" => parse::<WireRequest<'_>>(text)?.check().map(ClientMessage::Action),
            "Event" => Ok(ClientMessage::Event),
            unknown => Err(format!("unknown message type {unknown:?}")),
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireConnect {
    session_id: Uuid,
    #[serde(rename = "connectionCount")]
    _connection_count: u32,
    #[serde(rename = "lastCloseReason")]
    _last_close_reason: Option<String>,
    max_observed_timestamp: Option<String>,
    client_ts: Option<i64>,
}

impl WireConnect {
    fn check(self) -> Result<Connect, String> {
        let max_observed = match self.max_observed_timestamp {
            None => None,
            Some(text) => Some(Timestamp::from_wire(&text).map_err(|_| "maxObservedTimestamp is not a timestamp")?),
        };
        Ok(Connect { session_id: self.session_id, max_observed, client_ms: self.client_ts })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuthenticate {
    base_version: u32,
    token_type: TokenType,
    value: Option<String>,
    /// The npm clients' name for whom an admin acts as.
    impersonating: Option<Map<String, Json>>,
    /// The Rust client's name for the same.
    #[serde(rename = "acting_as")]
    acting_as: Option<Map<String, Json>>,
}

#[derive(Deserialize)]
enum TokenType {
    User,
    Admin,
    None,
}

impl WireAuthenticate {
    fn check(self) -> Result<Authenticate, String> {
        let value = || self.value.clone().ok_or("value is missing");
        let request = match self.token_type {
            TokenType::None => None,
            TokenType::User => Some(AuthRequest::User(value()?)),
            TokenType::Admin => {
                let attributes = self.impersonating.as_ref().or(self.acting_as.as_ref());
                let acting_as = attributes.map(|attributes| acting_user(attributes.clone())).transpose()?.map(Arc::new);
                Some(AuthRequest::Admin { key: value()?, acting_as })
            }
        };
        Ok(Authenticate { base_version: self.base_version, request })
    }
}

/// The user an admin acts as: `{"tokenIdentifier"}` or `{"issuer","subject"}`; every other key is an attribute.
///
/// Errors: what is missing or has the wrong type.
pub fn acting_user(mut attributes: Map<String, Json>) -> Result<UserIdentity, String> {
    let token_identifier = take_text(&mut attributes, "tokenIdentifier")?;
    let issuer = take_text(&mut attributes, "issuer")?;
    let subject = take_text(&mut attributes, "subject")?;
    let (token_identifier, issuer, subject) = match (token_identifier, issuer, subject) {
        (Some(token_identifier), issuer, subject) => {
            let (left, right) = token_identifier.split_once('|').unwrap_or((&token_identifier, ""));
            let issuer = issuer.unwrap_or_else(|| left.to_owned());
            let subject = subject.unwrap_or_else(|| right.to_owned());
            (token_identifier, issuer, subject)
        }
        (None, Some(issuer), Some(subject)) => (format!("{issuer}|{subject}"), issuer, subject),
        (None, _, _) => return Err("either tokenIdentifier, or issuer and subject, must be given".into()),
    };
    Ok(UserIdentity { token_identifier, issuer, subject, attributes, expires_at: None, token: None })
}

fn take_text(attributes: &mut Map<String, Json>, name: &str) -> Result<Option<String>, String> {
    match attributes.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} must be a string")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireModifyQuerySet<'a> {
    base_version: u32,
    new_version: u32,
    #[serde(borrow)]
    modifications: Vec<WireModification<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireModification<'a> {
    #[serde(rename = "type")]
    kind: ModificationKind,
    query_id: QueryId,
    udf_path: Option<String>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
    journal: Option<String>,
    component_path: Option<String>,
}

#[derive(Deserialize)]
enum ModificationKind {
    Add,
    Remove,
}

impl WireModifyQuerySet<'_> {
    fn check(self) -> Result<ModifyQuerySet, String> {
        let modifications = self.modifications.into_iter().map(WireModification::check).collect::<Result<_, _>>()?;
        Ok(ModifyQuerySet { base_version: self.base_version, new_version: self.new_version, modifications })
    }
}

impl WireModification<'_> {
    fn check(self) -> Result<Modification, String> {
        match self.kind {
            ModificationKind::Remove => Ok(Modification::Remove(self.query_id)),
            ModificationKind::Add => Ok(Modification::Add(AddQuery {
                id: self.query_id,
                path: check_path(&self.udf_path.ok_or("udfPath is missing")?, self.component_path.as_deref())?,
                args: check_args(self.args.ok_or("args is missing")?)?,
                journal: self.journal.map(Arc::from),
            })),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRequest<'a> {
    request_id: u32,
    udf_path: String,
    #[serde(borrow)]
    args: &'a RawValue,
    component_path: Option<String>,
}

impl WireRequest<'_> {
    fn check(self) -> Result<Request, String> {
        Ok(Request {
            id: self.request_id,
            path: check_path(&self.udf_path, self.component_path.as_deref())?,
            args: check_args(self.args)?,
        })
    }
}

fn check_path(path: &str, component: Option<&str>) -> Result<FunctionPath, String> {
    FunctionPath::parse_in(path, component.unwrap_or_default()).map_err(|error| error.to_string())
}

/// Arguments are an array; what it holds is for the function to judge.
fn check_args(args: &RawValue) -> Result<Arc<str>, String> {
    if args.get().starts_with('[') { Ok(Arc::from(args.get())) } else { Err("args must be an array".into()) }
}
