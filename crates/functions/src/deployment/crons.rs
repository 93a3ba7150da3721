//! Cron jobs as `crons.js` declares them, and the stored form of their schedules.

use serde_json::{Value as Json, json};

use crate::FunctionPath;

/// One declared job.
#[derive(Clone, Debug, PartialEq)]
pub struct CronSpec {
    pub identifier: String,
    pub path: FunctionPath,
    /// JSON text of the argument array.
    pub args: String,
    pub schedule: CronSchedule,
}

/// When a job runs; times are UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronSchedule {
    Interval {
        seconds: u64,
    },
    Hourly {
        minute: Option<u32>,
    },
    Daily {
        hour: u32,
        minute: Option<u32>,
    },
    /// Day 0 is Sunday.
    Weekly {
        day_of_week: u32,
        hour: u32,
        minute: Option<u32>,
    },
    Monthly {
        day: u32,
        hour: u32,
        minute: Option<u32>,
    },
    Cron {
        expression: String,
    },
}

const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

impl CronSchedule {
    /// Reads the form in which `crons.js` exports a schedule.
    ///
    /// Errors: what is wrong with it, as a sentence.
    pub fn from_developer_json(json: &Json) -> Result<CronSchedule, String> {
        let hour = || bounded(json, "hourUTC", 0, 23);
        let minute = || match json.get("minuteUTC") {
            None | Some(Json::Null) => Ok(None),
            Some(_) => bounded(json, "minuteUTC", 0, 59).map(Some),
        };
        match json["type"].as_str().unwrap_or_default() {
            "interval" => Ok(CronSchedule::Interval { seconds: interval_seconds(json)? }),
            "hourly" => Ok(CronSchedule::Hourly { minute: minute()? }),
            "daily" => Ok(CronSchedule::Daily { hour: hour()?, minute: minute()? }),
            "weekly" => {
                let name = json["dayOfWeek"].as_str().unwrap_or_default();
                let day = DAYS
                    .iter()
                    .position(|day| *day == name)
                    .ok_or_else(|| format!("{name:?} is not a day of the week"))?;
                Ok(CronSchedule::Weekly { day_of_week: day as u32, hour: hour()?, minute: minute()? })
            }
            "monthly" => {
                Ok(CronSchedule::Monthly { day: bounded(json, "day", 1, 31)?, hour: hour()?, minute: minute()? })
            }
            "cron" => {
                let expression = json["cron"].as_str().ok_or("a cron expression must be a string")?;
                check_expression(expression)?;
                Ok(CronSchedule::Cron { expression: expression.to_owned() })
            }
            other => Err(format!("unknown schedule type {other:?}")),
        }
    }

    /// The form that pushes report and that is stored.
    pub fn to_json(&self) -> Json {
        match self {
            CronSchedule::Interval { seconds } => json!({ "type": "interval", "seconds": seconds }),
            CronSchedule::Hourly { minute } => json!({ "type": "hourly", "minuteUTC": minute }),
            CronSchedule::Daily { hour, minute } => json!({ "type": "daily", "hourUTC": hour, "minuteUTC": minute }),
            CronSchedule::Weekly { day_of_week, hour, minute } => {
                json!({ "type": "weekly", "dayOfWeek": day_of_week, "hourUTC": hour, "minuteUTC": minute })
            }
            CronSchedule::Monthly { day, hour, minute } => {
                json!({ "type": "monthly", "day": day, "hourUTC": hour, "minuteUTC": minute })
            }
            CronSchedule::Cron { expression } => json!({ "type": "cron", "cronExpr": expression }),
        }
    }

    /// The inverse of [`CronSchedule::to_json`]; none for a form of another version.
    pub(crate) fn from_json(json: &Json) -> Option<CronSchedule> {
        let number = |name: &str| whole(&json[name]).and_then(|n| u32::try_from(n).ok());
        Some(match json["type"].as_str()? {
            "interval" => CronSchedule::Interval { seconds: whole(&json["seconds"])? },
            "hourly" => CronSchedule::Hourly { minute: number("minuteUTC") },
            "daily" => CronSchedule::Daily { hour: number("hourUTC")?, minute: number("minuteUTC") },
            "weekly" => CronSchedule::Weekly {
                day_of_week: number("dayOfWeek")?,
                hour: number("hourUTC")?,
                minute: number("minuteUTC"),
            },
            "monthly" => {
                CronSchedule::Monthly { day: number("day")?, hour: number("hourUTC")?, minute: number("minuteUTC") }
            }
            "cron" => CronSchedule::Cron { expression: json["cronExpr"].as_str()?.to_owned() },
            _ => return None,
        })
    }
}

/// A number without a fraction, whichever way it is written: numbers in documents come back as `5.0`.
fn whole(json: &Json) -> Option<u64> {
    json.as_u64().or_else(|| json.as_f64().filter(|n| n.fract() == 0.0 && (0.0..9e15).contains(n)).map(|n| n as u64))
}

fn bounded(json: &Json, name: &str, low: u64, high: u64) -> Result<u32, String> {
    match whole(&json[name]) {
        Some(number) if (low..=high).contains(&number) => Ok(number as u32),
        _ => Err(format!("`{name}` must be an integer from {low} to {high}, not {}", json[name])),
    }
}

fn interval_seconds(json: &Json) -> Result<u64, String> {
    let units = [("seconds", 1), ("minutes", 60), ("hours", 3600)];
    let given: Vec<(u64, f64)> = units.iter().filter_map(|(name, unit)| Some((*unit, json[*name].as_f64()?))).collect();
    match given[..] {
        [(unit, count)] if count >= 1.0 && count.fract() == 0.0 && count < 1e12 => Ok(unit * count as u64),
        _ => Err("an interval needs exactly one positive integer of seconds, minutes or hours".into()),
    }
}

/// Bounds and names of the five fields of a cron expression.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of week", 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Days of the longest occurrence of each month.
const MONTH_DAYS_MAX: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Accepts five fields of numbers, names, ranges, lists and steps that can ever come true.
fn check_expression(expression: &str) -> Result<(), String> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [_, _, days, months, weekdays] = fields[..] else {
        return Err(format!("the cron expression {expression:?} must have five fields"));
    };
    let mut sets = Vec::with_capacity(FIELDS.len());
    for (text, field) in fields.iter().zip(FIELDS) {
        sets.push(
            field_set(text, field).map_err(|why| format!("the cron expression {expression:?} is invalid: {why}"))?,
        );
    }
    let restricts_by_date_alone = days != "*" && weekdays == "*" && months != "*";
    let can_fire = sets[3].iter().any(|month| sets[2].iter().any(|day| *day <= MONTH_DAYS_MAX[*month as usize - 1]));
    if restricts_by_date_alone && !can_fire {
        return Err(format!("the cron expression {expression:?} never fires"));
    }
    Ok(())
}

fn field_set(text: &str, (name, low, high, names): (&str, u32, u32, &[&str])) -> Result<Vec<u32>, String> {
    let bad = || format!("{text:?} is not a valid {name}");
    let number = |text: &str| -> Result<u32, String> {
        let lower = text.to_ascii_lowercase();
        if let Some(index) = names.iter().position(|known| lower == *known) {
            return Ok(index as u32 + low);
        }
        text.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(bad)
    };
    let mut set = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            None => (part, 1),
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0).ok_or_else(bad)?),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if step > 1 => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err(bad());
        }
        set.extend((from..=to).step_by(step));
    }
    Ok(set)
}

#[cfg(test)]
mod tests;
