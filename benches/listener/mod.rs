//! A `tracing` subscriber that reads every field and discards it. An exporter does at least this
//! work.

use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

pub(crate) fn subscriber() -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(Listener)
}

struct Listener;

/// Counts the bytes of all recorded values.
#[derive(Default)]
struct Reader(usize);

impl std::fmt::Write for Reader {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

impl Visit for Reader {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0 += value.len();
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        let _ = write!(self, "{value:?}");
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut reader = Reader::default();
        attributes.record(&mut reader);
        std::hint::black_box(reader.0);
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut reader = Reader::default();
        values.record(&mut reader);
        std::hint::black_box(reader.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut reader = Reader::default();
        event.record(&mut reader);
        std::hint::black_box(reader.0);
    }
}
