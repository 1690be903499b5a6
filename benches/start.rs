//! From nothing to the first answer: `cargo bench --bench start`, or with `--quick`.
//!
//! Each figure is that of a fresh process, which this one starts by running itself again: it builds a client, fetches a
//! token and asks for the details of a payment, with this crate or with reqwest alone, with TLS or without. The server
//! stays here. With TLS both trust what the system trusts and the server's own certificate, so that both read what every
//! client of the real API reads.
//!
//! `build` does no I/O. Where the system tells what a process reads, writes, opens and starts, a `build` that does any of
//! it ends the bench with a failure; times and memory are told only.

mod measure;
mod peers;
mod secure;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use allocation_counter::AllocationInfo;
use measure::process::watched;
use measure::{float, machine, median, micros, resident, spread};
use peers::answers::Details;
use peers::bare::constant_headers;
use peers::ours::Ours;
use peers::server::{Server, runtime};
use peers::{ORDER, Operation};
use reqwest::redirect::Policy;
use secure::{Secure, Version};
use serde::Deserialize;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;

/// Tells a process that it is one of those that are measured; who it is and where the server is follow.
const CHILD: &str = "--child";
/// Where the system's certificates are.
const TRUSTED: &str = "SSL_CERT_FILE";
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

const OURS: &str = "vipps";
const BARE: &str = "reqwest";
const RANDOM: &str = "random";

/// What a fresh process tells, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Build,
    First,
    BuildAllocations,
    BuildBytes,
    FirstBytes,
    BuildResident,
    FirstResident,
    ReadsAndWrites,
    Files,
    Threads,
}
const FIGURES: usize = 10;

/// A client that is to make its first call.
enum Client {
    Ours(Ours),
    Bare(reqwest::Client),
}

/// The member of a token answer that matters.
#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl Client {
    fn build(who: &str, base: &str) -> Self {
        if who == OURS {
            return Self::Ours(Ours::new(base));
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .no_deflate()
            .no_gzip()
            .default_headers(constant_headers())
            .build();
        Self::Bare(client.expect("a client"))
    }

    /// A token and the first answer.
    async fn ask(&self, base: &str) {
        match self {
            Self::Ours(ours) => ours.call(Operation::Details).await,
            Self::Bare(http) => drop(std::hint::black_box(
                ask(http, base).await.expect("the server answers"),
            )),
        }
    }
}

async fn ask(http: &reqwest::Client, base: &str) -> reqwest::Result<Details> {
    let token = http
        .post(format!("{base}/accesstoken/get"))
        .header("client_id", "bench-client-id")
        .header("client_secret", "bench-client-secret")
        .send()
        .await?;
    let token: Token = token.error_for_status()?.json().await?;
    let details = http
        .get(format!("{base}/ecomm/v2/payments/{ORDER}/details"))
        .bearer_auth(token.access_token)
        .send()
        .await?;
    details.error_for_status()?.json().await
}

/// Runs with its time in microseconds and its allocations.
fn cost<T>(run: impl FnOnce() -> T) -> (T, f64, AllocationInfo) {
    let (mut done, mut took) = (None, 0.0);
    let cost = allocation_counter::measure(|| {
        let begun = Instant::now();
        done = Some(run());
        took = micros(begun.elapsed());
    });
    (done.expect("it has run"), took, cost)
}

/// All that a process does which is measured.
fn child(who: &str, base: &str) {
    let runtime = runtime();
    let at_first = resident();
    let ((client, build_took, build), done) = watched(|| cost(|| Client::build(who, base)));
    let after_build = resident();
    let ((), first_took, first) = cost(|| runtime.block_on(client.ask(base)));
    let after_first = resident();

    let mut told = [f64::NAN; FIGURES];
    let mut tell = |figure: Figure, value: f64| told[figure as usize] = value;
    tell(Figure::Build, build_took);
    tell(Figure::First, build_took + first_took);
    tell(Figure::BuildAllocations, float(build.count_total));
    tell(Figure::BuildBytes, float(build.bytes_total));
    let bytes = build.bytes_total + first.bytes_total;
    tell(Figure::FirstBytes, float(bytes));
    if let (Some(at_first), Some(build), Some(first)) = (at_first, after_build, after_first) {
        tell(Figure::BuildResident, float(build) - float(at_first));
        tell(Figure::FirstResident, float(first) - float(at_first));
    }
    if let Some(done) = done {
        tell(Figure::ReadsAndWrites, float(done.reads_and_writes));
        tell(Figure::Files, float(done.files));
        tell(Figure::Threads, float(done.threads));
    }
    println!("{}", told.map(|figure| figure.to_string()).join(" "));
}

/// The first random bytes of the library that rustls computes with, which every handshake needs.
fn random() {
    let begun = Instant::now();
    let filled = default_provider().secure_random.fill(&mut [0; 32]);
    filled.expect("random bytes");
    println!("{}", micros(begun.elapsed()));
}

/// Starts such a process, and takes down what it tells.
fn measure(who: &str, base: &str, trusted: Option<&PathBuf>) -> Vec<f64> {
    let this = std::env::current_exe().expect("the path of this program");
    let mut command = Command::new(this);
    command.args([CHILD, who, base]);
    if let Some(file) = trusted {
        command.env(TRUSTED, file).env_remove("SSL_CERT_DIR");
    }
    let output = command.output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.split_whitespace()
        .map(|figure| figure.parse().expect("a number"))
        .collect()
}

/// A file of all that the system trusts, and the server's certificate; it goes with this value.
struct Trusted(PathBuf);

impl Trusted {
    fn new(server: &Secure) -> Self {
        let system = std::env::var(TRUSTED).unwrap_or_else(|_| SYSTEM.to_owned());
        let system = std::fs::read_to_string(&system).unwrap_or_default();
        println!(
            "the system trusts {} certificates",
            system.matches("-----BEGIN CERT").count()
        );
        let name = format!("vipps-bench-start-{}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, system + "\n" + &server.pem()).expect("a temporary file");
        Self(path)
    }
}

impl Drop for Trusted {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where the processes are sent, and what they told.
struct Place {
    name: &'static str,
    base: String,
    trusted: Option<PathBuf>,
    told: [Vec<Vec<f64>>; 2],
}

const WHO: [&str; 2] = [OURS, BARE];

impl Place {
    fn new(name: &'static str, base: String, trusted: Option<PathBuf>) -> Self {
        Self {
            name,
            base,
            trusted,
            told: [Vec::new(), Vec::new()],
        }
    }

    fn round(&mut self, round: usize) {
        for step in 0..WHO.len() {
            let at = (step + round) % WHO.len();
            let told = measure(WHO[at], &self.base, self.trusted.as_ref());
            // The first round finds cold caches.
            if round > 0 {
                self.told[at].push(told);
            }
        }
    }

    fn of(&self, at: usize, figure: Figure) -> Vec<f64> {
        self.told[at]
            .iter()
            .map(|told| told[figure as usize])
            .collect()
    }

    fn print(&self) {
        for (at, who) in WHO.into_iter().enumerate() {
            let of = |figure| median(&mut self.of(at, figure));
            println!(
                "| {} | {who} | {:.0} | {:.0} | {} | {:.1} | {:.1} | {:.0} | {:.0} | {} | {} | {} |",
                self.name,
                of(Figure::Build),
                of(Figure::First),
                of(Figure::BuildAllocations),
                of(Figure::BuildBytes) / 1024.0,
                of(Figure::FirstBytes) / 1024.0,
                of(Figure::BuildResident) / 1024.0,
                of(Figure::FirstResident) / 1024.0,
                of(Figure::ReadsAndWrites),
                of(Figure::Files),
                of(Figure::Threads),
            );
        }
    }

    fn ratios(&self) {
        for (name, figure) in [
            ("first", Figure::First),
            ("bytes", Figure::FirstBytes),
            ("resident", Figure::FirstResident),
        ] {
            let (ours, bare) = (self.of(0, figure), self.of(1, figure));
            let mut ratios: Vec<f64> = ours.iter().zip(&bare).map(|(a, b)| a / b).collect();
            let spread = spread(&mut ratios);
            println!("ratio {} {OURS}/{BARE} {name} {spread}", self.name);
        }
    }

    /// Whether no `build` of this crate did any I/O, and the one of reqwest, which reads certificates, was seen to.
    fn is_idle(&self) -> bool {
        let figures = [Figure::ReadsAndWrites, Figure::Files, Figure::Threads];
        let all = |figure| self.of(0, figure).into_iter();
        if figures.into_iter().flat_map(all).any(f64::is_nan) {
            println!("the system does not tell what a process does");
            return true;
        }
        let is_seen = self.of(1, Figure::ReadsAndWrites).iter().all(|n| *n > 0.0);
        if !is_seen {
            eprintln!("reqwest reads certificates, and it was not seen");
        }
        is_seen && figures.into_iter().flat_map(all).all(|n| n == 0.0)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, who, base] = &arguments[..]
        && flag == CHILD
    {
        if who == RANDOM {
            random();
        } else {
            child(who, base);
        }
        return ExitCode::SUCCESS;
    }
    let rounds = if arguments.iter().any(|argument| argument == "--quick") {
        7
    } else {
        41
    };
    println!("{}", machine());
    println!("{rounds} fresh processes of each; ratios are medians with quartiles");
    let (plain, secure) = (Server::start(), Secure::start(Version::Http1));
    let trusted = Trusted::new(&secure);
    let mut places = [
        Place::new("http1", plain.base(), None),
        Place::new("http1-tls", secure.base(), Some(trusted.0.clone())),
    ];
    let mut random = Vec::new();
    for round in 0..=rounds {
        random.extend(measure(RANDOM, "", None));
        for place in &mut places {
            place.round(round);
        }
    }
    println!(
        "\n| server | client | build µs | first answer µs | allocations of build | KiB | KiB to the first answer | resident KiB of build | resident KiB to the first answer | reads and writes of build | files opened | threads started |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for place in &places {
        place.print();
    }
    println!(
        "the first random bytes of rustls' provider take {:.0} µs of a process, with TLS",
        median(&mut random)
    );
    for place in &places {
        place.ratios();
    }
    if places.iter().all(Place::is_idle) {
        ExitCode::SUCCESS
    } else {
        eprintln!("build has done I/O");
        ExitCode::FAILURE
    }
}
