//! The code in a terminal: drawn once, with a line below it that is drawn again as time goes by.
//!
//! It stands on the terminal's second screen, so that the first one is afterwards as it was: no code is left that a
//! next customer could take for theirs.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use terminal_size::{Height, Width};
use vipps::qr::OneTimeQr;

use crate::shared::sale::{Display, Sale, Step};

const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// Cleared first: some terminals take what stands here along when the window has changed its size meanwhile.
const LEAVE: &str = "\x1b[H\x1b[2J\x1b[?25h\x1b[?1049l";
const CLEAR: &str = "\x1b[H\x1b[2J";
/// Often enough for a bar that moves, seldom enough for a slow line.
const FRAME: Duration = Duration::from_millis(200);
/// Below the code: a blank line, the bar, the words.
const BELOW: usize = 3;
const BAR: usize = 30;

/// A terminal that shows a code.
pub(crate) struct Screen {
    color: bool,
    what: String,
    code: Vec<String>,
    begun: Instant,
    life: Duration,
    step: Option<Step>,
    open: bool,
    /// What is on the screen, so that nothing is drawn twice.
    drawn: Option<Drawn>,
}

#[derive(PartialEq)]
struct Drawn {
    size: (usize, usize),
    head: Head,
    status: [String; 2],
}

/// What stands above the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Code,
    /// The window cannot hold the code, and a part of one is of no use.
    TooSmall,
    /// The code is used or too old: nobody else must scan it.
    Nothing,
}

impl Screen {
    /// The terminal of this program, if it writes to one that can do more than lines.
    pub(crate) fn of_this_terminal() -> Option<Self> {
        let simple = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if !cfg!(unix) || simple || !io::stdout().is_terminal() {
            return None;
        }
        Some(Self {
            color: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            what: String::new(),
            code: Vec::new(),
            begun: Instant::now(),
            life: Duration::ZERO,
            step: None,
            open: false,
            drawn: None,
        })
    }

    fn draw(&mut self) -> Result<()> {
        let size = terminal_size::terminal_size_of(io::stdout())
            .map_or((80, 24), |(Width(w), Height(h))| (w.into(), h.into()));
        let age = self.begun.elapsed();
        let head = match self.step {
            Some(Step::Scanned) => Head::Nothing,
            _ if age >= self.life => Head::Nothing,
            _ if self.fits(size) => Head::Code,
            _ => Head::TooSmall,
        };
        let status = self.status(age, size.0);
        let new = Drawn { size, head, status };
        let text = match &self.drawn {
            Some(old) if *old == new => return Ok(()),
            Some(old) if (old.size, old.head) == (new.size, new.head) => self.below(&new),
            _ => {
                let head = match head {
                    Head::Code => self.painted(),
                    Head::TooSmall => self.too_small(size),
                    Head::Nothing => String::new(),
                };
                format!("{CLEAR}{head}{}", self.below(&new))
            }
        };
        print(&text)?;
        self.drawn = Some(new);
        Ok(())
    }

    fn fits(&self, (width, height): (usize, usize)) -> bool {
        self.width() <= width && self.code.len() + BELOW <= height
    }

    fn width(&self) -> usize {
        self.code
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0)
    }

    /// Light modules are drawn in the colour of text. Where colours are wanted it is white on black, so that the code
    /// is no negative on a light background, which not every phone reads.
    fn painted(&self) -> String {
        let mut text = String::new();
        for line in &self.code {
            let _ = if self.color {
                write!(text, "\x1b[97;40m{line}\x1b[0m\r\n")
            } else {
                write!(text, "{line}\r\n")
            };
        }
        text
    }

    fn too_small(&self, (width, height): (usize, usize)) -> String {
        let (columns, lines) = (self.width(), self.code.len() + BELOW);
        let advice = format!(
            "The code needs {columns} columns and {lines} lines; this window has {width} and {height}. Make it larger, \
             or its letters smaller."
        );
        let mut lines = wrapped(&advice, width);
        // The status needs two; the beginning is what matters.
        lines.truncate(height.saturating_sub(2));
        let lines = lines.iter().map(|line| cut(line, width));
        lines.collect::<Vec<_>>().join("\r\n")
    }

    /// The two lines of the status, at the place that the head leaves for them.
    fn below(&self, new: &Drawn) -> String {
        let row = match new.head {
            Head::Code => self.code.len() + BELOW - 1,
            Head::TooSmall => new.size.1.saturating_sub(1).max(1),
            Head::Nothing => 1,
        };
        let [bar, words] = &new.status;
        let (on, off) = if self.color {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        format!("\x1b[{row};1H\x1b[2K{bar}\r\n\x1b[2K{on}{words}{off}")
    }

    fn status(&self, age: Duration, width: usize) -> [String; 2] {
        let left = self.life.saturating_sub(age);
        let (shown, bar, words) = match self.step {
            // How long the customer has from here on, the API does not tell.
            Some(Step::Scanned) => (age, moving(age), "approve the payment in the app"),
            step => {
                let words = match step {
                    _ if left.is_zero() => "the code is too old to be scanned",
                    None => "one moment, please",
                    _ => "scan the code with Vipps",
                };
                (left, filled(left, self.life), words)
            }
        };
        // Rounded up, so that a code of five minutes begins with 05:00.
        let seconds = shown.as_millis().div_ceil(1000);
        let clock = format!("{:02}:{:02} {bar}", seconds / 60, seconds % 60);
        let words = format!("{words}: {}", self.what);
        [cut(&clock, width), cut(&words, width)]
    }
}

impl Display for Screen {
    fn code(&mut self, sale: &Sale, code: &OneTimeQr) -> Result<()> {
        self.what = format!("{} for {}", sale.amount, sale.text);
        let content = code.content().context("no code came")?;
        let drawing = content.render_terminal()?;
        self.code = drawing.lines().map(str::to_owned).collect();
        self.begun = Instant::now();
        self.life = code.expires_in();
        self.open = true;
        print(ENTER)?;
        self.draw()
    }

    fn step(&mut self, step: Step) -> Result<()> {
        if step == Step::Scanned {
            self.begun = Instant::now();
        }
        self.step = Some(step);
        self.draw()
    }

    async fn animate(&mut self) -> anyhow::Error {
        loop {
            tokio::time::sleep(FRAME).await;
            if let Err(error) = self.draw() {
                return error;
            }
        }
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            // A terminal that is gone needs no putting right.
            let _ = print(LEAVE);
        }
    }
}

/// Also when the program ends in an error or a panic.
impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}

/// In one piece, so that nothing flickers.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("the terminal is gone")
}

/// A bar that is full when all of `whole` is left.
fn filled(left: Duration, whole: Duration) -> String {
    let cells = (left.as_millis() * BAR as u128).div_ceil(whole.as_millis().max(1));
    let full = usize::try_from(cells).map_or(BAR, |cells| cells.min(BAR));
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

/// A bar for a wait without a known end.
fn moving(age: Duration) -> String {
    const PIECE: usize = 6;
    let room = BAR - PIECE;
    let step = usize::try_from(age.as_millis() / FRAME.as_millis()).unwrap_or(0) % (2 * room);
    let at = step.min(2 * room - step);
    format!(
        "{}{}{}",
        "░".repeat(at),
        "█".repeat(PIECE),
        "░".repeat(room - at)
    )
}

/// No longer than a line, whose last column is left alone because some terminals wrap there.
fn cut(text: &str, width: usize) -> String {
    text.chars().take(width.saturating_sub(1)).collect()
}

/// Words in lines of at most `width` characters; a longer word stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
