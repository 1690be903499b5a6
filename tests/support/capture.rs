//! A subscriber that records trace events as lines of text while a test runs.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A second subscriber that enables every call site. It is never the default of a thread.
///
/// While only one subscriber exists, `tracing` queries the default of the current thread for its
/// interest in a new call site, and caches the result for all threads. A test that runs in parallel
/// with a captured test has no default, so the cached result would be "never".
static ENABLE_CALL_SITES: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(Capture::default())));

/// Records every span, every value recorded later and every event of every crate and level.
#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<(String, String)>>>);

impl Capture {
    /// Captures on this thread until the guard is dropped.
    pub fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        LazyLock::force(&ENABLE_CALL_SITES);
        let capture = Self::default();
        let subscriber = tracing_subscriber::registry().with(capture.clone());
        (capture, tracing::subscriber::set_default(subscriber))
    }

    /// Captures on every thread of the process, until it exits.
    pub fn everywhere() -> Self {
        let capture = Self::default();
        let subscriber = tracing_subscriber::registry().with(capture.clone());
        tracing::subscriber::set_global_default(subscriber).expect("one capture for a process");
        log::set_boxed_logger(Box::new(capture.clone())).expect("one capture for a process");
        log::set_max_level(log::LevelFilter::Trace);
        capture
    }

    /// Returns the lines whose target starts with `target`, in order.
    pub fn lines(&self, target: &str) -> Vec<String> {
        let lines = self.0.lock().expect("no panic while it is held");
        let matching =
            |(from, line): &(String, String)| from.starts_with(target).then(|| line.clone());
        lines.iter().filter_map(matching).collect()
    }

    pub fn text(&self, target: &str) -> String {
        self.lines(target).join("\n")
    }

    fn push(&self, target: &str, line: String) {
        let mut lines = self.0.lock().expect("no panic while it is held");
        lines.push((target.to_owned(), line));
    }
}

/// Receives the records of crates that log without `tracing`, such as reqwest.
impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} log `{}`", record.level(), record.args());
        self.push(record.target(), line);
    }

    fn flush(&self) {}
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0.insert_str(0, &format!(" `{value:?}`"));
        } else {
            let _ = write!(self.0, " {}={value:?}", field.name());
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        let line = format!(
            "{} {} begins{}",
            metadata.level(),
            metadata.name(),
            fields.0
        );
        self.push(metadata.target(), line);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let span = context.span(id).expect("a span that is recorded to exists");
        self.push(
            span.metadata().target(),
            format!("  {} has{}", span.name(), fields.0),
        );
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let within = context
            .event_span(event)
            .map_or(String::new(), |span| format!(" in {}", span.name()));
        let metadata = event.metadata();
        self.push(
            metadata.target(),
            format!("{} event{}{within}", metadata.level(), fields.0),
        );
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).expect("a span that is closed exists");
        self.push(span.metadata().target(), format!("  {} ends", span.name()));
    }
}
