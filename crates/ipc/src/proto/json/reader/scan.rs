//! The words of JSON: white space, strings, numbers, and what is passed over.

use super::{ReadError, Reader, Text};

/// So many bytes of a string are looked at one by one, which is faster for most strings; then 32 at a time.
const FEW: usize = 16;

/// What a number is.
pub(super) enum Number {
    Positive(u64),
    /// Less than zero.
    Negative(i64),
    /// With a fraction or an exponent, or too large; and minus zero.
    Float,
}

impl<'de> Reader<'de> {
    /// The next byte that is no white space, without taking it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Takes this byte, behind white space.
    #[inline]
    pub(super) fn take(&mut self, byte: u8, what: &str) -> Result<(), ReadError> {
        if self.peek() != Some(byte) {
            return self.expected(what);
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn take_word(&mut self, word: &str) -> Result<(), ReadError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return self.expected(word);
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    pub(super) fn rest(&self) -> &'de [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Takes a string, from its first quote to its last.
    #[inline]
    pub(super) fn take_string(&mut self) -> Result<Text<'de, '_>, ReadError> {
        self.take(b'"', "a string")?;
        let start = self.at;
        self.take_run()?;
        let run = &self.text[start..self.at];
        if self.take_quote() {
            return Ok(Text::Lent(run));
        }
        self.scratch.clear();
        self.scratch.push_str(run);
        loop {
            let escaped = self.take_escape()?;
            self.scratch.push(escaped);
            let start = self.at;
            self.take_run()?;
            self.scratch.push_str(&self.text[start..self.at]);
            if self.take_quote() {
                return Ok(Text::Made(&self.scratch));
            }
        }
    }

    /// Passes over a string, whose escapes must be some, though they need not make a text.
    fn pass_over_string(&mut self) -> Result<(), ReadError> {
        self.take(b'"', "a string")?;
        loop {
            self.take_run()?;
            if self.take_quote() {
                return Ok(());
            }
            self.at += 1;
            match self.take_any()? {
                b'u' => _ = self.take_unit()?,
                byte => _ = self.simple_escape(byte)?,
            }
        }
    }

    /// Takes what stands in a string up to the next quote or backslash.
    #[inline]
    fn take_run(&mut self) -> Result<(), ReadError> {
        let rest = self.rest();
        let few = rest.iter().take(FEW).take_while(|byte| is_plain(**byte)).count();
        self.at += few;
        if few < FEW {
            return match rest.get(few) {
                Some(b'"' | b'\\') => Ok(()),
                _ => self.expected("the rest of a string"),
            };
        }
        let rest = &rest[FEW..];
        let length = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        self.at += length;
        // The least of them says whether one is a control character; this is the form that the compiler makes fast.
        let least = rest[..length].iter().fold(u8::MAX, |least, byte| least.min(*byte));
        if length == rest.len() || least < b' ' {
            return self.expected("the rest of a string without control characters");
        }
        Ok(())
    }

    fn take_quote(&mut self) -> bool {
        let is_quote = self.rest().first() == Some(&b'"');
        self.at += usize::from(is_quote);
        is_quote
    }

    fn take_any(&mut self) -> Result<u8, ReadError> {
        let Some(byte) = self.rest().first() else {
            return self.expected("the rest of a string");
        };
        self.at += 1;
        Ok(*byte)
    }

    fn simple_escape(&self, byte: u8) -> Result<char, ReadError> {
        Ok(match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return self.expected("an escape before this"),
        })
    }

    /// Takes an escape, from its backslash: a pair of surrogates is one.
    fn take_escape(&mut self) -> Result<char, ReadError> {
        self.at += 1;
        let byte = self.take_any()?;
        if byte != b'u' {
            return self.simple_escape(byte);
        }
        let first = self.take_unit()?;
        let Some(high) = first.checked_sub(0xd800).filter(|high| *high < 0x400) else {
            return char::from_u32(first).map_or_else(|| self.expected("no lone surrogate before this"), Ok);
        };
        if !self.rest().starts_with(b"\\u") {
            return self.expected("the second half of a surrogate pair");
        }
        self.at += 2;
        let second = self.take_unit()?;
        match second.checked_sub(0xdc00).filter(|low| *low < 0x400) {
            Some(low) => Ok(char::from_u32(0x10000 + (high << 10) + low).unwrap_or(char::REPLACEMENT_CHARACTER)),
            None => self.expected("the second half of a surrogate pair before this"),
        }
    }

    /// Four digits of base sixteen.
    fn take_unit(&mut self) -> Result<u32, ReadError> {
        let Some(digits) = self.rest().first_chunk::<4>() else {
            return self.expected("four digits");
        };
        let mut unit = 0;
        for digit in digits {
            let Some(digit) = char::from(*digit).to_digit(16) else {
                return self.expected("four digits");
            };
            unit = unit << 4 | digit;
        }
        self.at += 4;
        Ok(unit)
    }

    /// Takes a number, and gives its text with it.
    pub(super) fn take_number(&mut self) -> Result<(Number, &'de str), ReadError> {
        let start = self.at;
        let is_negative = self.rest().first() == Some(&b'-');
        self.at += usize::from(is_negative);
        let integer = self.take_integer()?;
        let mut is_float = false;
        if self.rest().first() == Some(&b'.') {
            self.at += 1;
            self.take_digits()?;
            is_float = true;
        }
        if let Some(b'e' | b'E') = self.rest().first() {
            self.at += 1;
            self.at += usize::from(matches!(self.rest().first(), Some(b'+' | b'-')));
            self.take_digits()?;
            is_float = true;
        }
        let number = match integer {
            Some(integer) if !is_float && !is_negative => Number::Positive(integer),
            Some(integer) if !is_float && integer > 0 => 0i64
                .checked_sub_unsigned(integer)
                .map_or(Number::Float, Number::Negative),
            _ => Number::Float,
        };
        Ok((number, &self.text[start..self.at]))
    }

    /// Takes the digits before the point: what they say, unless it is too much.
    fn take_integer(&mut self) -> Result<Option<u64>, ReadError> {
        let start = self.at;
        let mut integer = Some(0u64);
        while let Some(digit @ b'0'..=b'9') = self.rest().first() {
            let digit = u64::from(digit - b'0');
            integer = integer.and_then(|integer| integer.checked_mul(10)?.checked_add(digit));
            self.at += 1;
        }
        let digits = &self.text.as_bytes()[start..self.at];
        if digits.is_empty() || (digits[0] == b'0' && digits.len() > 1) {
            return self.expected("a number");
        }
        Ok(integer)
    }

    fn take_digits(&mut self) -> Result<(), ReadError> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return self.expected("a digit");
        }
        self.at += count;
        Ok(())
    }

    /// Passes over a value, however deep others lie in it.
    pub(super) fn pass_over(&mut self) -> Result<(), ReadError> {
        // What closes the lists and objects that are open, the innermost last.
        let mut open = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => self.pass_over_string()?,
                Some(b'-' | b'0'..=b'9') => _ = self.take_number()?,
                Some(b'n') => self.take_word("null")?,
                Some(b't') => self.take_word("true")?,
                Some(b'f') => self.take_word("false")?,
                Some(opening @ (b'[' | b'{')) => {
                    self.at += 1;
                    // Both stand two behind what opens them.
                    let closing = opening + 2;
                    open.push(closing);
                    if self.peek() != Some(closing) {
                        self.pass_over_name(closing)?;
                        continue;
                    }
                }
                _ => return self.expected("a value"),
            }
            while let Some(&closing) = open.last() {
                if self.peek() == Some(b',') {
                    self.at += 1;
                    self.pass_over_name(closing)?;
                    break;
                }
                self.take(closing, "a comma, or the end of a list or an object")?;
                open.pop();
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Passes over what stands before a value in an object.
    fn pass_over_name(&mut self, closing: u8) -> Result<(), ReadError> {
        if closing == b'}' {
            _ = self.peek();
            self.pass_over_string()?;
            self.take(b':', "a colon")?;
        }
        Ok(())
    }
}

/// Whether a byte may stand in a string for itself, and does not end it.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\' | ..b' ')
}
