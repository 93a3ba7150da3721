//! Lines of two programs on one screen: each behind its own name.

use std::io::{self, IsTerminal, Write};

/// Who a line is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Server,
    Convex,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Server => "server",
            Side::Convex => "convex",
        }
    }

    /// Cyan for us, magenta for the app's tools.
    fn color(self) -> &'static str {
        match self {
            Side::Server => "\x1b[36m",
            Side::Convex => "\x1b[35m",
        }
    }

    /// `line` with the name in front, coloured when `colored`.
    pub fn prefixed(self, line: &str, colored: bool) -> String {
        if colored {
            format!("{}{} |\x1b[0m {line}\n", self.color(), self.name())
        } else {
            format!("{} | {line}\n", self.name())
        }
    }
}

/// Prints one line. Each is a single write, so lines of the two sides do not mix.
pub fn print_line(side: Side, line: &str) {
    let mut out = io::stderr().lock();
    let text = side.prefixed(line, out.is_terminal());
    // Nobody is left to tell when standard error is gone.
    let _ = out.write_all(text.as_bytes());
}

/// Puts the prefix in front of every line written to it.
pub struct PrefixWriter {
    side: Side,
    line: Vec<u8>,
}

impl PrefixWriter {
    pub fn new(side: Side) -> PrefixWriter {
        PrefixWriter { side, line: Vec::new() }
    }
}

impl Write for PrefixWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if *byte == b'\n' {
                print_line(self.side, &String::from_utf8_lossy(&self.line));
                self.line.clear();
            } else {
                self.line.push(*byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PrefixWriter {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            print_line(self.side, &String::from_utf8_lossy(&self.line));
        }
    }
}

#[cfg(test)]
mod tests;
