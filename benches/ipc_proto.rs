//! The channel's protocol alone, no I/O, beside a look at the same bytes: `cargo bench -p benches --bench ipc_proto`.
//!
//! `read` takes frames out of a buffer, 64 KiB of bytes at a time as a driver reads them; `written` makes frames of a
//! value that is a text, and hands them out again as a driver would write them. `memchr` looks for a byte that is not
//! there, which is the least that whoever splits lines can do. Rows take turns, seven rounds; figures are medians of MB/s.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::env;
use std::hint::black_box;
use std::time::Instant;

use ferronode_ipc::proto::{About, Event, Frame, Incoming, Outbox, encode};
use ferronode_ipc::{Limits, Mode};

const ROUNDS: usize = 7;
/// How many bytes go through a row in a round.
const VOLUME: usize = 32 << 20;
/// How much a driver reads at once.
const READ: usize = 64 << 10;

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];

/// Frames of one mode with texts of one length, and what is done with them.
struct Row {
    name: String,
    mode: Mode,
    text: String,
    bytes: Vec<u8>,
    work: fn(&Row),
}

impl Row {
    fn new(name: &str, mode: Mode, length: usize, volume: usize, work: fn(&Self)) -> Self {
        let mut row = Self {
            name: format!("{} {name}", mode.name()),
            mode,
            text: "x".repeat(length),
            bytes: Vec::new(),
            work,
        };
        row.bytes = row.written(volume);
        row
    }

    /// As many frames as give about so many bytes, with the hello before them where a mode has one.
    fn written(&self, volume: usize) -> Vec<u8> {
        let mut outbox = Outbox::<()>::new(self.mode, Limits::default());
        let (mut bytes, mut vector) = (Vec::new(), Vec::new());
        while bytes.len() < volume {
            encode(
                self.mode,
                &self.text,
                &About::default(),
                &Limits::default(),
                &mut vector,
            )
            .expect("a text is written");
            outbox.push_now(Frame::new(vector));
            vector = outbox.spare();
            if outbox.is_worth_writing() || bytes.is_empty() {
                hand_out(&mut outbox, &mut |part| bytes.extend_from_slice(part));
            }
        }
        hand_out(&mut outbox, &mut |part| bytes.extend_from_slice(part));
        bytes
    }
}

fn hand_out(outbox: &mut Outbox<()>, write: &mut impl FnMut(&[u8])) {
    while let Some(transmit) = outbox.transmit() {
        let written = transmit.parts.iter().map(|part| part.len()).sum();
        transmit.parts.iter().for_each(|part| write(part));
        outbox.transmitted(written);
    }
}

/// Takes every message out of the bytes; none is decoded.
fn read(row: &Row) {
    let mut incoming = Incoming::<()>::new(row.mode, Limits::default());
    for bytes in row.bytes.chunks(READ) {
        let mut bytes = bytes;
        if let Some(place) = incoming.space() {
            let (placed, rest) = bytes.split_at(bytes.len().min(place.capacity() - place.len()));
            place.extend_from_slice(placed);
            bytes = rest;
        }
        incoming.received(bytes, None).expect("no descriptors");
        while let Some(event) = incoming.next_event().expect("frames of our own") {
            let Event::Message(message) = event else {
                panic!("{event:?}")
            };
            black_box(message.payload.len());
        }
    }
}

/// Writes as many frames as there are; what a driver would hand to the kernel is looked at and forgotten.
fn write(row: &Row) {
    let mut outbox = Outbox::<()>::new(row.mode, Limits::default());
    let (mut written, mut vector) = (0, Vec::new());
    while written < row.bytes.len() {
        let before = vector.len();
        encode(row.mode, &row.text, &About::default(), &Limits::default(), &mut vector).expect("a text is written");
        written += vector.len() - before;
        outbox.push_now(Frame::new(vector));
        vector = outbox.spare();
        if outbox.is_worth_writing() {
            hand_out(&mut outbox, &mut |part| _ = black_box(part.len()));
        }
    }
}

/// Looks at every byte once.
fn look(row: &Row) {
    for bytes in row.bytes.chunks(READ) {
        assert_eq!(memchr::memchr(0, black_box(bytes)), None, "no byte is zero");
    }
}

fn main() {
    let test = env::args().any(|argument| argument == "--test");
    let (rounds, volume) = if test { (1, 1 << 20) } else { (ROUNDS, VOLUME) };
    for (title, length) in [("64 B", 64), ("1 KiB", 1 << 10), ("64 KiB", 64 << 10)] {
        let mut rows = vec![Row::new("memchr", Mode::Json, length, volume, look)];
        for mode in MODES {
            rows.push(Row::new("read", mode, length, volume, read));
            rows.push(Row::new("written", mode, length, volume, write));
        }
        let mut figures = vec![Vec::new(); rows.len()];
        for _ in 0..rounds {
            for (row, figures) in rows.iter().zip(&mut figures) {
                let start = Instant::now();
                (row.work)(row);
                figures.push(row.bytes.len() as f64 / 1e6 / start.elapsed().as_secs_f64());
            }
        }
        print(title, &rows, figures);
    }
}

fn print(title: &str, rows: &[Row], figures: Vec<Vec<f64>>) {
    println!("\ntexts of {title} (MB/s)");
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    for (row, figure) in rows.iter().zip(&medians) {
        println!("  {:20} {figure:12.0} {:8.3} of memchr", row.name, figure / medians[0]);
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
