//! The program `vipps-simulator`: its arguments, its first line and its exit.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A running program, which is ended when a test fails.
struct Program {
    child: Child,
    ready: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    fn base_url(&self) -> &str {
        self.ready["base_url"].as_str().unwrap()
    }

    /// Sends a request to loopback that names the host of the base URL; returns the response.
    fn get(&self, path: &str) -> String {
        let host = self.base_url().strip_prefix("http://").unwrap();
        let (_, port) = host.rsplit_once(':').unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vipps-simulator"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn finished(arguments: &[&str]) -> Output {
    let child = command(arguments).spawn().unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn wrong_arguments_are_one_sentence_and_exit_code_2() {
    for (arguments, named) in [
        (&["--listen", "nowhere"][..], "nowhere"),
        (&["--listen"], "--listen"),
        (&["--listen", "127.0.0.1:x"], "--listen: must be HOST:PORT"),
        (&["--host", "a b"], "host: must be a name"),
        (&["--approve-after", "soon"], "soon"),
        (&["--approve-after=-1"], "-1"),
        (
            &["--seed", "x"],
            "--seed: must be a whole number from 0, got \"x\"",
        ),
        (&["--clock", "stopped"], "stopped"),
        (
            &["--forward-callbacks", "127.0.0.1:1"],
            "--forward-callbacks",
        ),
        (
            &["--forward-callbacks", "https://127.0.0.1:1"],
            "http origin",
        ),
        (
            &["--forward-callbacks", "http://127.0.0.1:1/x"],
            "http origin",
        ),
        (
            &["--webhook", "https://shop.example.com/hook"],
            "URL=SECRET",
        ),
        (
            &["--webhook", "https://shop.example.com/hook="],
            "URL=SECRET",
        ),
        (&["--webhook", "http://shop.example.com/hook=key"], "https"),
        (&["--colour"], "--colour"),
        (&["word"], "word"),
    ] {
        let output = finished(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains(named), "{error}");
        assert!(!error.contains("=key"), "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_fits_one_screen_and_lists_only_real_options() {
    let output = finished(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.lines().count() <= 32, "{}", help.lines().count());
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "{help}"
    );
    let options = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"));
    let options: Vec<&str> = options
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(options.len() >= 8, "{options:?}");
    for option in options {
        let tried = finished(&[&format!("--{option}"), "", "--colour"]);
        let error = String::from_utf8(tried.stderr).unwrap();
        let unknown = format!("invalid option '--{option}'");
        assert!(!error.contains(&unknown), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn signal_ends_the_program_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--seed", "7"]);
        for member in [
            "control_url",
            "client_id",
            "client_secret",
            "subscription_key",
            "merchant_serial_number",
        ] {
            assert!(program.ready[member].is_string(), "{member}");
        }
        let page = program.get("/");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("<title>Vipps simulator</title>"), "{page}");
        let id = program.child.id().to_string();
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(program.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn json_log_has_one_line_for_each_request() {
    let mut program = Program::start(&["--json-log", "--clock", "frozen"]);
    program.get("/ecomm/v2/payments/order-1/details");
    program.get("/nowhere");
    let mut log = BufReader::new(program.child.stderr.take().unwrap());
    for (path, status) in [
        ("/ecomm/v2/payments/order-1/details", 401),
        ("/nowhere", 404),
    ] {
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["kind"], "request", "{line}");
        assert_eq!(
            (&line["path"], &line["status"]),
            (&path.into(), &status.into())
        );
        assert_eq!(line["time"], "2026-03-02T09:00:00Z");
    }
}

#[test]
fn without_page_the_control_api_is_still_served() {
    let program = Program::start(&["--no-page", "--clock", "frozen"]);
    let page = program.get("/");
    assert!(page.starts_with("HTTP/1.1 404 "), "{page}");
    let clock = program.get("/_simulator/clock");
    assert!(clock.contains("2026-03-02T09:00:00Z"), "{clock}");
}

#[test]
fn base_url_names_a_host_that_others_can_use() {
    let program = Program::start(&["--listen", "localhost:0"]);
    let base_url = program.base_url();
    assert!(base_url.starts_with("http://localhost:"), "{base_url}");
    assert!(program.get("/_simulator/health").contains("200 OK"));

    // As in the container.
    let program = Program::start(&["--host", "localhost", "--listen", "0.0.0.0:0"]);
    let base_url = program.base_url();
    assert!(base_url.starts_with("http://localhost:"), "{base_url}");
    assert!(program.get("/_simulator/health").contains("200 OK"));

    let program = Program::start(&["--listen", "0.0.0.0:0"]);
    let base_url = program.base_url();
    assert!(!base_url.contains("0.0.0.0"), "{base_url}");
    assert!(program.get("/_simulator/health").contains("200 OK"));
}
