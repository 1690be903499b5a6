//! The till in a terminal: the code can be scanned from the screen, one line below it tells the time, and whatever
//! happens the terminal is afterwards as it was.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::programs::{built, variables};
use vipps::simulator::{Scanned, Simulator};

const PATIENCE: Duration = Duration::from_secs(30);
const ROWS: u16 = 40;
const COLUMNS: u16 = 90;
/// A module as a few pixels, since readers of codes look for edges.
const SCALE: usize = 4;

/// A program in a terminal, which `script` opens and a parser of what terminals understand looks at.
struct Terminal {
    child: Child,
    size: (u16, u16),
    parser: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

/// Whether there is `script`, which all Linux systems have and few others; it must be there in CI.
fn can_open_terminals() -> bool {
    let version = Command::new("script").arg("--version").output();
    let is_there = version.is_ok_and(|v| String::from_utf8_lossy(&v.stdout).contains("util-linux"));
    if !is_there {
        assert!(
            std::env::var_os("CI").is_none(),
            "there is no `script` of util-linux"
        );
        // Past the test harness, which keeps what a test that passes prints to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: there is no `script` of util-linux to open a terminal with"
        );
    }
    is_there
}

impl Terminal {
    /// A till for an order, in a window of this size.
    fn open(
        sim: &Simulator,
        order: &str,
        (rows, columns): (u16, u16),
        color: bool,
        more: &str,
    ) -> Self {
        let till = built("till");
        let line = format!(
            "stty rows {rows} cols {columns}; exec '{}' --order-id {order} --text Socks {more}",
            till.display()
        );
        let mut command = Command::new("script");
        command
            .args([
                "--quiet",
                "--return",
                "--flush",
                "--command",
                &line,
                "/dev/null",
            ])
            .envs(variables(sim))
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .env_remove("VIPPS_ENVIRONMENT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        if !color {
            command.env("NO_COLOR", "1");
        }
        let mut child = command.spawn().expect("script starts");
        let cells = |n| NonZeroU16::new(n).expect("a window");
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let parser = Arc::new(Mutex::new(parser));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut out = child.stdout.take().expect("a pipe");
        let (into, kept) = (Arc::clone(&parser), Arc::clone(&bytes));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                into.lock().expect("no panic").process(&buffer[..read]);
                kept.lock()
                    .expect("no panic")
                    .extend_from_slice(&buffer[..read]);
            }
        });
        Self {
            child,
            size: (rows, columns),
            parser,
            bytes,
        }
    }

    fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.parser.lock().expect("no panic").screen())
    }

    fn shown(&self) -> String {
        self.look(vt100::Screen::contents)
    }

    /// Waits until the screen shows this.
    fn until(&self, what: &str) {
        self.wait(what, |shown| shown.contains(what));
    }

    /// Waits until the screen shows it no more.
    fn until_gone(&self, what: &str) {
        self.wait(what, |shown| !shown.contains(what));
    }

    fn wait(&self, what: &str, fits: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !fits(&self.shown()) {
            let late = begun.elapsed() > PATIENCE;
            assert!(!late, "waited for {what:?}:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn press_ctrl_c(&mut self) {
        let keys = self.child.stdin.as_mut().expect("a pipe");
        keys.write_all(b"\x03").expect("a terminal");
        keys.flush().expect("a terminal");
    }

    /// Waits for the end; the terminal must be as it was, with nothing but lines. Gives them and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "no end:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        };
        // What is still in the pipe.
        std::thread::sleep(Duration::from_millis(100));
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "it is still the second screen");
            assert!(!screen.hide_cursor(), "the cursor is gone");
            assert_eq!(screen.fgcolor(), vt100::Color::Default);
            assert!(!screen.bold());
        });
        let lines = self.shown();
        assert!(
            !lines.contains(['█', '▀', '▄', '░']),
            "something is left over:\n{lines}"
        );
        (lines, status.code())
    }

    /// The modules on the screen, read as a scanner reads them.
    fn scanned(&self) -> String {
        let (rows, columns) = self.size;
        let mut light = Vec::new();
        for row in 0..rows {
            let cell = |column| {
                self.look(|screen| {
                    let cell = screen.cell(row, column).expect("a cell of the screen");
                    cell.contents().chars().next().unwrap_or(' ')
                })
            };
            let cells: Vec<char> = (0..columns).map(cell).collect();
            light.push(cells.iter().map(|c| "█▀".contains(*c)).collect::<Vec<_>>());
            light.push(cells.iter().map(|c| "█▄".contains(*c)).collect::<Vec<_>>());
        }
        let (height, width) = (light.len() * SCALE, usize::from(columns) * SCALE);
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if light[y / SCALE][x / SCALE] { 255 } else { 0 }
        });
        let grids = picture.detect_grids();
        assert_eq!(grids.len(), 1, "no code:\n{}", self.shown());
        grids[0].decode().expect("a code that can be read").1
    }

    /// What was drawn below the code, by the line.
    fn status(&self) -> String {
        let shown = self.shown();
        let lines = shown.lines().filter(|line| !line.is_empty());
        let last: Vec<&str> = lines.collect();
        last[last.len().saturating_sub(2)..].join("\n")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From the first sight of the code to the money.
fn pays_by_the_screen(order: &str, color: bool) {
    let sim = Simulator::start().unwrap();
    let till = Terminal::open(&sim, order, (ROWS, COLUMNS), color, "");
    till.until("scan the code with Vipps: 499.00 kr for Socks");
    till.look(|screen| assert!(screen.alternate_screen() && screen.hide_cursor()));
    let first = till.status();
    let full = "█".repeat(28);
    assert!(first.starts_with('0') && first.contains(&full), "{first}");
    // The countdown goes on in its place.
    let clock = first[..5].to_owned();
    till.until_gone(&clock);
    assert_eq!(till.shown().matches("scan the code").count(), 1);

    let content = till.scanned();
    let order_id = order.to_owned();
    assert_eq!(
        sim.payer().scan(&content).unwrap(),
        Scanned::Payment { order_id }
    );
    till.until("approve the payment in the app");
    // The bar and the words, and no code for the next customer.
    let shown = till.shown();
    assert_eq!(shown.trim_end().lines().count(), 2, "{shown}");
    sim.payer().approve(order).unwrap();

    let drawn = String::from_utf8_lossy(&till.bytes.lock().unwrap()).into_owned();
    for paint in ["\x1b[97;40m", "\x1b[1m"] {
        assert_eq!(drawn.contains(paint), color, "{drawn:?}");
    }
    let (lines, code) = till.end();
    let last = format!("reserved\ncaptured\npaid: {order} captured 49900 øre");
    assert!(lines.trim_end().ends_with(&last), "{lines}");
    assert_eq!(code, Some(0));
}

#[test]
fn the_code_can_be_scanned_from_the_screen_and_is_gone_when_it_was() {
    if can_open_terminals() {
        pays_by_the_screen("screen-1", true);
    }
}

#[test]
fn who_wants_no_colours_gets_none() {
    if can_open_terminals() {
        pays_by_the_screen("screen-7", false);
    }
}

#[test]
fn a_window_that_cannot_hold_the_code_says_so() {
    if !can_open_terminals() {
        return;
    }
    for size in [(ROWS, 36), (21, COLUMNS), (4, 9)] {
        let sim = Simulator::start().unwrap();
        let mut till = Terminal::open(&sim, "screen-2", size, true, "");
        till.until("The code");
        till.look(|screen| {
            let text = screen.contents();
            assert!(!text.contains(['▀', '▄']), "a part of a code:\n{text}");
            // A line that is too long would have wrapped.
            assert!((0..size.0).all(|row| !screen.row_wrapped(row)), "{text}");
        });
        till.press_ctrl_c();
        let (lines, code) = till.end();
        assert!(
            lines.replace('\n', "").contains("cancelled: screen-2"),
            "{lines}"
        );
        assert_eq!(code, Some(1));
    }
}

#[test]
fn ctrl_c_gives_the_terminal_back_and_cancels() {
    if !can_open_terminals() {
        return;
    }
    let sim = Simulator::start().unwrap();
    let mut till = Terminal::open(&sim, "screen-3", (ROWS, COLUMNS), true, "");
    till.until("scan the code");
    till.press_ctrl_c();
    let (lines, code) = till.end();
    assert!(
        lines.trim_end().ends_with("stopping\ncancelled: screen-3"),
        "{lines}"
    );
    assert_eq!(code, Some(1));
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
}

#[test]
fn an_error_gives_the_terminal_back_and_cancels() {
    if !can_open_terminals() {
        return;
    }
    let sim = Simulator::start().unwrap();
    sim.faults()
        .on("integration_test_approve_payment")
        .ecom_error("Payment", "1082");
    let more = "--approve 91234567";
    let till = Terminal::open(&sim, "screen-4", (ROWS, COLUMNS), true, more);
    let (lines, code) = till.end();
    assert!(lines.contains("cancelled: screen-4"), "{lines}");
    assert!(
        lines.contains("till: the payment was not approved"),
        "{lines}"
    );
    assert_eq!(code, Some(1));
}

/// Who closes the window has no till any more, and nobody waits for the payment.
#[test]
fn closing_the_window_cancels() {
    if !can_open_terminals() {
        return;
    }
    let sim = Simulator::start().unwrap();
    let mut till = Terminal::open(&sim, "screen-5", (ROWS, COLUMNS), true, "");
    till.until("scan the code");
    till.child.kill().unwrap();
    let begun = Instant::now();
    while sim.journal().count("cancel_payment_request_using_put") == 0 {
        assert!(begun.elapsed() < PATIENCE, "the order is left");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// It is taken off the screen, and the order is watched to its end: a customer may have been quick.
#[test]
fn a_code_that_is_too_old_is_shown_no_more() {
    if !can_open_terminals() {
        return;
    }
    let sim = Simulator::start().unwrap();
    let short = r#"{"url":"https://qr.vipps.no/o/abcdefgh","expiresIn":2}"#;
    sim.faults()
        .on("generate_otp_qr")
        .status_with_body(200, short);
    let till = Terminal::open(&sim, "screen-6", (ROWS, COLUMNS), true, "");
    till.until("the code is too old to be scanned");
    assert!(
        till.shown()
            .contains("00:00 ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░")
    );
    assert!(!till.shown().contains(['▀', '▄']), "{}", till.shown());
    sim.payer().approve("screen-6").unwrap();
    let (lines, code) = till.end();
    assert!(lines.contains("paid: screen-6"), "{lines}");
    assert_eq!(code, Some(0));
}
