//! A call between its builder and the wire.

use std::time::Duration;

use super::context::{Answer, Context, Effort, Prepared, State};
use super::hook;
use crate::clock;
use crate::error::Result;

/// A call that is ready to be sent.
pub(crate) struct Outgoing {
    pub(super) context: Context,
    pub(super) effort: Box<Effort>,
}

impl Outgoing {
    pub(super) fn new(context: Context, prepared: Prepared) -> Self {
        let State { vipps, options, .. } = &*context.0;
        let known = prepared.known;
        let keyed = known.rules.keyed || known.operation.idempotency_key.is_some();
        let key = options
            .key
            .clone()
            .or_else(|| keyed.then(|| clock::new_key(vipps.randomness())));
        let effort = Box::new(Effort {
            known,
            requests: 0,
            started: Duration::ZERO,
            key,
            merchant: options.merchant.clone(),
            last_ended: None,
            template: prepared.template,
        });
        Self { context, effort }
    }

    pub(crate) fn send(self) -> impl Future<Output = Result<Answer>> + Send {
        hook::run(self)
    }
}

/// A builder of a call, for the calls that are made most: what comes before the sending and what comes after it. What
/// is made of the two does at once all that it can and keeps the least, where the future of an `async fn` keeps all
/// that the function was given.
pub(crate) trait Prepare: Sized {
    /// What the answer is read with.
    type About: Send;
    type Output;

    fn prepare(self) -> Result<(Self::About, Outgoing)>;

    fn read(about: Self::About, answer: Answer) -> Result<Self::Output>;

    fn begin(self) -> impl Future<Output = Result<Self::Output>> + Send {
        let prepared = self.prepare();
        async move {
            let (about, outgoing) = prepared?;
            Self::read(about, outgoing.send().await?)
        }
    }
}
