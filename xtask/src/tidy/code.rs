//! What is code in a file: the same text, line for line, with comments and literals blanked.
//!
//! A rule that forbids a word must not trip over a comment that explains why it is forbidden.
//! The surprise is the apostrophe, which opens a character (`'a'`) or a lifetime (`'a`).

/// Blanks comments, strings and characters with spaces; newlines stay.
pub(super) fn only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside_word = false;
    while let Some(first) = rest.chars().next() {
        let blank = if inside_word { 0 } else { literal_prefix(rest) };
        let length = match blank_length(&rest[blank..]) {
            0 => {
                code.push(first);
                inside_word = is_word(first);
                first.len_utf8()
            }
            length => {
                code.extend(
                    rest[..blank + length]
                        .chars()
                        .map(|c| if c == '\n' { '\n' } else { ' ' }),
                );
                inside_word = false;
                blank + length
            }
        };
        rest = &rest[length..];
    }
    code
}

/// Bytes of `b`, `c` before a literal; the `r` of a raw string is left to [`raw_string`].
fn literal_prefix(rest: &str) -> usize {
    let letter = rest.starts_with(['b', 'c']);
    let opens = rest.get(1..).is_some_and(|next| next.starts_with(['"', '\'', 'r']));
    usize::from(letter && opens && blank_length(&rest[1..]) > 0)
}

/// Bytes of the comment or literal that opens `rest`; 0 when it opens with code.
fn blank_length(rest: &str) -> usize {
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        block_comment(rest)
    } else if rest.starts_with('"') {
        quoted(rest, '"')
    } else if rest.starts_with('r') {
        raw_string(rest)
    } else if rest.starts_with('\'') && is_character(rest) {
        quoted(rest, '\'')
    } else {
        0
    }
}

/// Rust's block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == mark {
            return at + 1;
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
    let body = 1 + hashes + 1;
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
}

/// Whether the apostrophe opens a character and no lifetime: `'x'` or `'\n'`.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    matches!((chars.next(), chars.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `line` holds `words`, and not merely as part of a longer word.
///
/// Words may be a path (`Instant::now`); where they end in `_` or `(`, anything may follow.
pub(super) fn has(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + words.len()..].chars().next();
        let whole = words.ends_with(char::is_alphanumeric);
        !(before.is_some_and(is_word) || whole && after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(only(text), code);
    }

    #[test]
    fn comments_are_blanked_and_lines_stay() {
        check("a // b\nc", "a     \nc");
        check("/// b\nc", "     \nc");
        check("a /* b /* c */\n d */ e", "a             \n      e");
        check("a /* é", "a     ");
    }

    #[test]
    fn literals_are_blanked() {
        check(r#"f("a\"b") + 1"#, "f(      ) + 1");
        check("f('\"') + '\\'' + 1", "f(   ) +      + 1");
        check(r##"f(r#"a"b"#) + 1"##, "f(        ) + 1");
        check("(b\"a\", b'a', br\"a\")", "(    ,     ,      )");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
        check("r#type; bar; b; c", "r#type; bar; b; c");
        check("verb\"x\"", "verb   ");
    }

    #[test]
    fn an_open_string_ends_with_the_file() {
        check("a \"b", "a   ");
    }

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert!(has("x = unsafe { }", "unsafe"));
        assert!(!has("#![deny(unsafe_code)]", "unsafe"));
        assert!(has("std::env::set_var(a)", "set_var"));
        assert!(has("fn get_it()", "fn get_"));
        assert!(!has("often get_", "fn get_"));
        assert!(has("let t = Instant::now();", "Instant::now"));
        assert!(!has("MyInstant::now()", "Instant::now"));
    }
}
