//! A control request: its path parameter, its query and its body.

use std::sync::Arc;
use std::time::Duration;

use ::http::StatusCode;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::simulator::engine::Engine;
use crate::simulator::gateway::Request;

/// The longest time that a request may name, in seconds: 100 years.
const LONGEST: f64 = 3_155_760_000.0;

/// A request whose route was found.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) engine: &'a Arc<Engine>,
    pub(super) request: &'a Request,
    /// The decoded `{id}` of the path; empty if the path has none.
    pub(super) id: String,
}

impl Call<'_> {
    /// Returns the values of the query parameters with these names, in this order.
    pub(super) fn query<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<String>; N], Problem> {
        let mut values = [const { None }; N];
        let query = self.request.query.as_deref().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let mut slots = names.iter().zip(&mut values);
            let Some((_, slot)) = slots.find(|(known, _)| **known == name) else {
                let rule = match names.as_slice() {
                    [] => "must be left out: this path has no query parameters".to_owned(),
                    names => format!("must be one of the parameters {}", names.join(", ")),
                };
                return Err(Problem::field(&name, rule, Some(value.into())));
            };
            *slot = Some(value.into_owned());
        }
        Ok(values)
    }

    /// Returns the members of the body. An empty body has no members.
    pub(super) fn members(&self) -> Result<Members, Problem> {
        if self.request.body.is_empty() {
            return Ok(Members(Map::new()));
        }
        let media_type = self.request.header("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupportedMediaType",
                format!("content-type: must be application/json, got {media_type:?}"),
            ));
        }
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(members)) => Ok(Members(members)),
            Ok(_) => Err(malformed("must be a JSON object")),
            Err(error) => Err(malformed(&format!("must be JSON: {error}"))),
        }
    }
}

fn malformed(reason: &str) -> Problem {
    let detail = format!("body: {reason}");
    Problem::new(StatusCode::BAD_REQUEST, "malformedBody", detail)
}

/// The members of a body. Each method takes a member out, so that
/// [`finish`](Self::finish) finds those that no route reads.
#[derive(Debug)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn any(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.any(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Problem::field(name, "must be a string", Some(other))),
        }
    }

    pub(super) fn required_text(&mut self, name: &str) -> Result<String, Problem> {
        let text = self.text(name)?;
        text.ok_or_else(|| Problem::field(name, "must be a string", None))
    }

    /// Takes out a whole number from `min` to `max`.
    pub(super) fn whole(&mut self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Problem> {
        let Some(value) = self.any(name) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => Err(whole_rule(name, min, max, Some(value))),
        }
    }

    pub(super) fn required_whole(
        &mut self,
        name: &str,
        min: u64,
        max: u64,
    ) -> Result<u64, Problem> {
        let number = self.whole(name, min, max)?;
        number.ok_or_else(|| whole_rule(name, min, max, None))
    }

    /// Takes out a number from 0 to `max`.
    pub(super) fn number(&mut self, name: &str, max: f64) -> Result<Option<f64>, Problem> {
        let Some(value) = self.any(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(number) if (0.0..=max).contains(&number) => Ok(Some(number)),
            _ => {
                let rule = format!("must be a number from 0 to {max}");
                Err(Problem::field(name, rule, Some(value)))
            }
        }
    }

    /// Takes out a time in seconds.
    pub(super) fn seconds(&mut self, name: &str) -> Result<Option<Duration>, Problem> {
        let seconds = self.number(name, LONGEST)?;
        Ok(seconds.map(Duration::from_secs_f64))
    }

    pub(super) fn required_seconds(&mut self, name: &str) -> Result<Duration, Problem> {
        let time = self.seconds(name)?;
        time.ok_or_else(|| {
            let rule = format!("must be a number from 0 to {LONGEST}");
            Problem::field(name, rule, None)
        })
    }

    /// Refuses a member that was not read.
    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, value)) => {
                let rule = "must be left out: this request has no such member";
                Err(Problem::field(&name, rule, Some(value)))
            }
        }
    }
}

fn whole_rule(name: &str, min: u64, max: u64, value: Option<Value>) -> Problem {
    let rule = format!("must be a whole number from {min} to {max}");
    Problem::field(name, rule, value)
}
