//! What a case does: lines of `CALLBACK[#TIME] OPERATION ARGUMENTS`, of which a register may be the last (`>name`).
use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Default)]
pub struct Script {
    lines: Vec<Line>,
    registers: RefCell<HashMap<String, Vec<u8>>>,
    /// The buffer by which bytes are put at known places of the memory.
    pub scratch: RefCell<Vec<u8>>,
}

struct Line {
    callback: String,
    /// Which call of the callback in its context, from 1; 0 is each.
    time: u32,
    text: String,
}

pub const SCRATCH_BYTES: usize = 4096;

impl Script {
    pub fn parse(text: &str) -> Script {
        let lines = text.lines().filter_map(|line| {
            let (when, text) = line.trim().split_once(' ')?;
            let (callback, time) = when.split_once('#').unwrap_or((when, "0"));
            Some(Line { callback: callback.into(), time: time.parse().unwrap_or(0), text: text.into() })
        });
        Script { lines: lines.collect(), scratch: RefCell::new(vec![0; SCRATCH_BYTES]), ..Script::default() }
    }

    /// The operations of a callback.
    pub fn at<'a>(&'a self, callback: &'a str, time: u32) -> impl Iterator<Item = &'a str> {
        self.lines
            .iter()
            .filter(move |line| line.callback == callback && (line.time == 0 || line.time == time))
            .map(|line| line.text.as_str())
    }

    pub fn keep(&self, name: &str, value: Vec<u8>) {
        self.registers.borrow_mut().insert(name.into(), value);
    }

    pub fn kept(&self, name: &str) -> Vec<u8> {
        self.registers.borrow().get(name).cloned().unwrap_or_default()
    }

    /// `12`, `0xff`, `-1`, `$register`, `@8` (a place in the scratch buffer) or `!` (outside of the memory).
    pub fn number(&self, word: &str) -> i64 {
        if let Some(name) = word.strip_prefix('$') {
            let mut bytes = [0; 8];
            let value = self.kept(name);
            let length = value.len().min(8);
            bytes[..length].copy_from_slice(&value[..length]);
            return i64::from_le_bytes(bytes);
        }
        if let Some(offset) = word.strip_prefix('@') {
            return self.scratch.borrow().as_ptr() as i64 + offset.parse::<i64>().unwrap_or(0);
        }
        if word == "!" {
            return 0xffff_fff0;
        }
        match word.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).unwrap_or(0),
            None => word.parse().unwrap_or(0),
        }
    }

    /// `-` is empty, `%20` a byte, `hex:00ff` bytes, `rep:3:x` is `xxx`, `u32:NUMBER` four bytes, `bytes:register` what is
    /// in it, `slice:3:register` without the first; all else is itself. Of several with `+` between them all.
    pub fn bytes(&self, word: &str) -> Vec<u8> {
        word.split('+').flat_map(|part| self.part(part)).collect()
    }

    fn part(&self, word: &str) -> Vec<u8> {
        if word == "-" {
            return Vec::new();
        }
        match word.split_once(':') {
            Some(("hex", digits)) => hex(digits),
            Some(("rep", rest)) => {
                let (count, text) = rest.split_once(':').unwrap_or((rest, ""));
                text.repeat(count.parse().unwrap_or(0)).into_bytes()
            }
            Some(("u32", number)) => (self.number(number) as u32).to_le_bytes().to_vec(),
            Some(("bytes", name)) => self.kept(name),
            Some(("slice", rest)) => {
                let (start, name) = rest.split_once(':').unwrap_or(("0", rest));
                let bytes = self.kept(name);
                bytes[start.parse().unwrap_or(0).min(bytes.len())..].to_vec()
            }
            _ => unescape(word),
        }
    }

    pub fn text(&self, word: &str) -> String {
        String::from_utf8_lossy(&self.bytes(word)).into_owned()
    }
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).filter_map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).ok()).collect()
}

fn unescape(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' && behind.len() >= 2 {
            bytes.extend(hex(std::str::from_utf8(&behind[..2]).unwrap_or("")));
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    bytes
}
