//! A message `{ cmd, seq, data }` to bytes and back at four sizes, beside JSON, bincode and a copy of the data.
//!
//! A size is the number of bytes of `data`: ASCII text, other text (its bytes in UTF-8), or bytes.
//! `node benches/v8_serialize.mjs` prints the figures beside Node's, which are measured on the same messages.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use ferronode_buffer::Buffer;
use ferronode_v8_serialize::{Graph, Options, from_slice, to_vec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const SIZES: [usize; 4] = [64, 1024, 64 * 1024, 1024 * 1024];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

#[derive(Serialize, Deserialize)]
struct Message<T> {
    cmd: String,
    seq: u32,
    data: T,
}

impl<T> Message<T> {
    fn new(data: T) -> Self {
        let cmd = "NODE_CLUSTER".to_owned();
        Self { cmd, seq: 7, data }
    }
}

fn time<T>(group: &mut Group<'_>, name: &str, mut run: impl FnMut() -> T) {
    group.bench_function(name, |bencher| bencher.iter(&mut run));
}

/// As much of `part`, over and over, as fits: no character is cut.
fn repeated(part: &str, size: usize) -> String {
    let text = part.repeat(size / part.len() + 1);
    let fits = (0..=size).rfind(|&end| text.is_char_boundary(end));
    text[..fits.unwrap_or(0)].to_owned()
}

fn both_ways<T: Serialize + DeserializeOwned>(criterion: &mut Criterion, name: &str, size: usize, data: T, raw: &[u8]) {
    let message = Message::new(data);
    let options = Options::default();
    let mut copy = vec![0; raw.len()];

    let mut group = criterion.benchmark_group(format!("encode_{name}/{size}"));
    time(&mut group, "ours", || to_vec(black_box(&message), &options));
    let graph = Graph::of(&message).expect("a message can be written");
    time(&mut group, "ours as a graph", || black_box(&graph).encode(&options));
    time(&mut group, "serde_json", || serde_json::to_vec(black_box(&message)));
    #[cfg(feature = "peers")]
    time(&mut group, "bincode", || {
        bincode::serde::encode_to_vec(black_box(&message), bincode::config::standard())
    });
    time(&mut group, "copy", || copy.copy_from_slice(black_box(raw)));
    group.finish();

    let mut group = criterion.benchmark_group(format!("decode_{name}/{size}"));
    let bytes = to_vec(&message, &options).expect("a message can be written");
    time(&mut group, "ours", || {
        from_slice::<Message<T>>(black_box(&bytes), &options)
    });
    time(&mut group, "ours as a graph", || {
        Graph::decode(black_box(&bytes), &options)
    });
    let text = serde_json::to_vec(&message).expect("a message can be written");
    time(&mut group, "serde_json", || {
        serde_json::from_slice::<Message<T>>(black_box(&text))
    });
    #[cfg(feature = "peers")]
    {
        let config = bincode::config::standard();
        let bytes = bincode::serde::encode_to_vec(&message, config).expect("a message can be written");
        time(&mut group, "bincode", || {
            bincode::serde::decode_from_slice::<Message<T>, _>(black_box(&bytes), config)
        });
    }
    time(&mut group, "copy", || copy.copy_from_slice(black_box(raw)));
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    for size in SIZES {
        for (name, part) in [
            ("ascii", "The quick brown fox. "),
            ("latin1", "Größe, naïve. "),
            ("mixed", "Größe 12 €, текст "),
        ] {
            let text = repeated(part, size);
            both_ways(criterion, name, size, text.clone(), text.as_bytes());
        }
        let bytes: Vec<u8> = (0..size).map(|index| (index * 7) as u8).collect();
        both_ways(criterion, "bytes", size, Buffer::from(bytes.as_slice()), &bytes);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(150))
        .measurement_time(Duration::from_millis(400));
    targets = messages
}
criterion_main!(benches);
