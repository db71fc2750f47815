//! Values by chance, from a seed.

use ferronode_buffer::{Buffer, JsString};
use ferronode_v8_serialize::{
    Array, BigInt, ErrorKind, ErrorObject, Graph, Key, Object, ObjectId, Properties, RegExp, Value, View, ViewKind,
};

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn text(&mut self) -> JsString {
        let units = [0x61, 0x30, 0xe9, 0xff, 0x100, 0x20ac, 0xd83d, 0xde00];
        match self.below(4) {
            0 => "abc".repeat(self.below(60) as usize).into(),
            1 => self.below(30).to_string().into(),
            _ => JsString::from_units((0..self.below(8)).map(|_| self.pick(&units)).collect::<Vec<_>>()),
        }
    }

    fn bytes(&mut self, length: u64) -> Buffer {
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn bigint(&mut self) -> BigInt {
        let digits = (0..self.below(4)).map(|_| self.next()).collect();
        BigInt::from_digits(self.below(2) == 1, digits)
    }

    /// A number as V8 keeps it: one that fits 32 bits is an integer.
    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => Value::Integer(self.next() as i32),
            1 => Value::Integer(self.below(300) as i32 - 150),
            2 => Value::Number(self.next() as f64),
            _ => Value::Number(self.pick(&[-0.0, 0.5, f64::NAN, f64::INFINITY, 5e-324, 4_294_967_296.0, -1e300])),
        }
    }

    pub(crate) fn graph(&mut self) -> Graph {
        let mut graph = Graph::new();
        let mut known = Vec::new();
        let root = self.value(&mut graph, &mut known, 5);
        graph.set_root(root);
        graph
    }

    /// A value; `known` are the objects that it may hold again, those around it included.
    fn value(&mut self, graph: &mut Graph, known: &mut Vec<ObjectId>, depth: u32) -> Value {
        if depth > 0 && self.below(2) == 0 {
            return self.object(graph, known, depth - 1).into();
        }
        match self.below(8) {
            0 => Value::Undefined,
            1 => Value::Null,
            2 => Value::Boolean(self.below(2) == 0),
            3 => Value::BigInt(self.bigint()),
            4 | 5 => Value::String(self.text()),
            6 if !known.is_empty() => Value::Object(self.pick(known)),
            _ => self.number(),
        }
    }

    fn object(&mut self, graph: &mut Graph, known: &mut Vec<ObjectId>, depth: u32) -> ObjectId {
        let id = graph.add(Object::Boolean(true));
        let which = self.below(15);
        // An error is not known before it is whole, to V8.
        let is_error = which == 14;
        if !is_error {
            known.push(id);
        }
        let object = match which {
            0..=3 => Object::Plain(self.properties(graph, known, depth)),
            4..=6 => self.array(graph, known, depth),
            7 => {
                let keys = (0..self.below(5)).map(|n| Value::Integer(n as i32)).collect::<Vec<_>>();
                let entry = |key| (key, self.value(graph, known, depth));
                Object::Map(keys.into_iter().map(entry).collect())
            }
            8 => Object::Set(
                (0..self.below(5))
                    .map(|n| Value::String(n.to_string().into()))
                    .collect(),
            ),
            14 => self.error(graph, known, depth),
            _ => self.leaf(),
        };
        *graph.object_mut(id).unwrap() = object;
        if is_error {
            known.push(id);
        }
        id
    }

    fn properties(&mut self, graph: &mut Graph, known: &mut Vec<ObjectId>, depth: u32) -> Properties {
        let keys: Vec<Key> = (0..self.below(6)).map(|_| self.text().into()).collect();
        let mut properties = Properties::new();
        for key in keys {
            let value = self.value(graph, known, depth);
            properties.insert(key, value);
        }
        properties
    }

    fn array(&mut self, graph: &mut Graph, known: &mut Vec<ObjectId>, depth: u32) -> Object {
        let mut array = Array::default();
        for index in 0..self.below(6) as u32 {
            if self.below(8) > 0 {
                array.set(Key::Index(index), self.value(graph, known, depth));
            }
        }
        if self.below(8) == 0 {
            array.set(Key::from("extra"), self.value(graph, known, depth));
        }
        array.into()
    }

    fn error(&mut self, graph: &mut Graph, known: &mut Vec<ObjectId>, depth: u32) -> Object {
        let kinds = [
            ErrorKind::Error,
            ErrorKind::RangeError,
            ErrorKind::TypeError,
            ErrorKind::UriError,
        ];
        Object::from(ErrorObject {
            kind: self.pick(&kinds),
            message: (self.below(2) == 0).then(|| self.text()),
            cause: (self.below(2) == 0).then(|| self.value(graph, known, depth)),
            stack: Some(self.text()),
        })
    }

    fn leaf(&mut self) -> Object {
        match self.below(8) {
            0 => Object::Date(self.pick(&[f64::NAN, 0.0, 1e12, -5.0])),
            1 => Object::Boolean(self.below(2) == 0),
            2 => Object::Number(self.pick(&[0.5, 7.0, f64::NAN])),
            3 => Object::BigInt(self.bigint()),
            4 => Object::String(self.text()),
            5 => {
                let flags = self.pick(&["", "g", "dgimsuy", "v"]);
                Object::RegExp(RegExp::new(self.pick(&["a+", "€", "é"]), flags).unwrap())
            }
            6 => {
                let length = self.below(20);
                let bytes = self.bytes(length);
                match self.below(2) {
                    0 => Object::ArrayBuffer(bytes),
                    _ => Object::ResizableArrayBuffer { bytes, max_length: 300 },
                }
            }
            _ => {
                let length = self.below(5) * 8;
                Object::View(View::new(self.pick(&ViewKind::ALL), self.bytes(length)).unwrap())
            }
        }
    }

    pub(crate) fn json(&mut self, depth: u32) -> serde_json::Value {
        use serde_json::{Map, Value, json};
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => (self.next() as i32).into(),
            3 => self.below(1 << 53).into(),
            4 => json!(self.below(1 << 40) as f64 + 0.5),
            5 => self.text().into_string_lossy().into(),
            6 | 7 => (0..self.below(5)).map(|_| self.json(depth - 1)).collect(),
            _ => {
                let keys: Vec<String> = (0..self.below(5)).map(|_| self.text().into_string_lossy()).collect();
                keys.into_iter()
                    .map(|key| (key, self.json(depth - 1)))
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }
}
