//! Filter expressions: comparisons by the total order, arithmetic, boolean logic.

use std::borrow::Cow;

use value::{Object, Value};

use crate::{error::Error, keys::find_path};

/// A filter expression. Undefined, the value of a missing field, is `None`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Field(Vec<String>),
    Literal(Option<Value>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

type Evaluated<'a> = Option<Cow<'a, Value>>;

impl Expr {
    /// Returns whether a document passes this filter.
    pub fn accepts(&self, document: &Object) -> Result<bool, Error> {
        truth(self.evaluate(document)?)
    }

    fn evaluate<'a>(&'a self, document: &'a Object) -> Result<Evaluated<'a>, Error> {
        Ok(match self {
            Expr::Literal(value) => value.as_ref().map(Cow::Borrowed),
            Expr::Field(path) => find_path(path, document).map(Cow::Borrowed),
            Expr::Compare(op, left, right) => {
                let order = left.evaluate(document)?.cmp(&right.evaluate(document)?);
                boolean(op.holds(order))
            }
            Expr::Arithmetic(op, left, right) => {
                let (left, right) = (left.evaluate(document)?, right.evaluate(document)?);
                Some(Cow::Owned(op.apply(left.as_deref(), right.as_deref())?))
            }
            Expr::Negate(inner) => Some(Cow::Owned(negate(inner.evaluate(document)?.as_deref())?)),
            Expr::Not(inner) => boolean(!truth(inner.evaluate(document)?)?),
            Expr::And(parts) => boolean(until(parts, false, document)?),
            Expr::Or(parts) => boolean(until(parts, true, document)?),
        })
    }
}

/// Evaluates parts until one is `decisive`; returns whether the whole is true.
fn until(parts: &[Expr], decisive: bool, document: &Object) -> Result<bool, Error> {
    for part in parts {
        if part.accepts(document)? == decisive {
            return Ok(decisive);
        }
    }
    Ok(!decisive)
}

impl CompareOp {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Eq => order.is_eq(),
            CompareOp::Neq => order.is_ne(),
            CompareOp::Lt => order.is_lt(),
            CompareOp::Lte => order.is_le(),
            CompareOp::Gt => order.is_gt(),
            CompareOp::Gte => order.is_ge(),
        }
    }
}

impl ArithmeticOp {
    fn apply(self, left: Option<&Value>, right: Option<&Value>) -> Result<Value, Error> {
        match (left, right) {
            (Some(Value::Int64(a)), Some(Value::Int64(b))) => self.apply_int(*a, *b).map(Value::Int64),
            (Some(Value::Float64(a)), Some(Value::Float64(b))) => Ok(Value::Float64(self.apply_float(*a, *b))),
            (left, right) => Err(eval_error(format!("Cannot {} {} and {}", self.verb(), shown(left), shown(right)))),
        }
    }

    fn apply_int(self, a: i64, b: i64) -> Result<i64, Error> {
        if b == 0 && matches!(self, ArithmeticOp::Div | ArithmeticOp::Mod) {
            return Err(eval_error(format!("Cannot {} {a} by zero", self.verb())));
        }
        let result = match self {
            ArithmeticOp::Add => a.checked_add(b),
            ArithmeticOp::Sub => a.checked_sub(b),
            ArithmeticOp::Mul => a.checked_mul(b),
            ArithmeticOp::Div => a.checked_div(b),
            ArithmeticOp::Mod => a.checked_rem(b),
        };
        result.ok_or_else(|| eval_error(format!("Cannot {} {a} and {b}: the result overflows", self.verb())))
    }

    fn apply_float(self, a: f64, b: f64) -> f64 {
        match self {
            ArithmeticOp::Add => a + b,
            ArithmeticOp::Sub => a - b,
            ArithmeticOp::Mul => a * b,
            ArithmeticOp::Div => a / b,
            ArithmeticOp::Mod => a % b,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            ArithmeticOp::Add => "add",
            ArithmeticOp::Sub => "subtract",
            ArithmeticOp::Mul => "multiply",
            ArithmeticOp::Div => "divide",
            ArithmeticOp::Mod => "take the remainder of",
        }
    }
}

fn negate(value: Option<&Value>) -> Result<Value, Error> {
    match value {
        Some(Value::Float64(number)) => Ok(Value::Float64(-number)),
        Some(Value::Int64(number)) => match number.checked_neg() {
            Some(negated) => Ok(Value::Int64(negated)),
            None => Err(eval_error(format!("Cannot negate {number}: the result overflows"))),
        },
        other => Err(eval_error(format!("Cannot negate {}", shown(other)))),
    }
}

fn truth(value: Evaluated<'_>) -> Result<bool, Error> {
    match value.as_deref() {
        Some(Value::Boolean(truth)) => Ok(*truth),
        other => {
            let (value, kind) = (text(other), type_name(other));
            Err(eval_error(format!("Cannot use value {value} (type {kind}) as a Boolean")))
        }
    }
}

fn boolean<'a>(truth: bool) -> Evaluated<'a> {
    Some(Cow::Owned(Value::Boolean(truth)))
}

fn shown(value: Option<&Value>) -> String {
    format!("{} (type {})", text(value), type_name(value))
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| value.display().to_string())
}

fn type_name(value: Option<&Value>) -> &'static str {
    match value {
        None => "Undefined",
        Some(Value::Null) => "Null",
        Some(Value::Int64(_) | Value::CommitTs) => "Int64",
        Some(Value::Float64(_)) => "Float64",
        Some(Value::Boolean(_)) => "Boolean",
        Some(Value::String(_)) => "String",
        Some(Value::Bytes(_)) => "Bytes",
        Some(Value::Array(_)) => "Array",
        Some(Value::Object(_)) => "Object",
    }
}

fn eval_error(message: String) -> Error {
    Error::developer("EvalError", message)
}

#[cfg(test)]
mod tests;
