//! The program `simulator`: its arguments, its first line and its end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

fn program(arguments: &[&str]) -> Child {
    Command::new(crate::programs::built("simulator"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn nonsense_is_one_sentence_and_exit_code_2() {
    for (arguments, named) in [
        (&["--listen", "nowhere"][..], "nowhere"),
        (&["--listen"], "--listen"),
        (&["--approve-after", "soon"], "soon"),
        (&["--approve-after", "-1"], "-1"),
        (&["--seed", "x"], "x"),
        (&["--colour"], "--colour"),
    ] {
        let output = program(arguments).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(named), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn it_says_where_it_is_and_serves_until_stopped() {
    for signal in ["TERM", "INT"] {
        let mut child = program(&["--listen", "127.0.0.1:0", "--seed", "7"]);
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        for member in [
            "client_id",
            "client_secret",
            "subscription_key",
            "merchant_serial_number",
        ] {
            assert!(ready[member].is_string(), "{member}");
        }
        let base_url = ready["base_url"].as_str().unwrap();
        let address = base_url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(
                format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
                    .as_bytes(),
            )
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("No orders yet"), "{answer}");

        let stopped = Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        assert!(stopped.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert!(said.contains(&format!("{base_url}/ ")), "{said}");
    }
}
