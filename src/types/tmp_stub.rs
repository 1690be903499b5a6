//! tmp
#![allow(missing_docs, clippy::pedantic, clippy::all)]
use super::InvalidValue;
macro_rules! t { ($($n:ident),*) => {$(
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)] pub struct $n(String);
impl $n { pub fn parse(s:&str)->Result<Self,InvalidValue>{Ok(Self(s.into()))} pub fn as_str(&self)->&str{&self.0} }
impl std::str::FromStr for $n { type Err=InvalidValue; fn from_str(s:&str)->Result<Self,InvalidValue>{Self::parse(s)} }
impl std::fmt::Display for $n { fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str(&self.0)} }
)*}}
t!(ShippingCost, Scope);
