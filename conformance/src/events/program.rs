//! One emitter program, run: every action is a call of the emitter, every line of the log what came of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

use ferronode_events::{
    ADDED, ERROR_MONITOR, Event, EventId, LeakWarning, ListenerChange, Manner, Named, REMOVED, Symbol,
};
use serde_json::{Value as Json, json};

use super::emitter::Emitter;
use super::stage::{Stage, catch, enter, on_stage, throw};
use crate::answer::Refusal;
use crate::value::{Args, unreadable};

/// What an emit of a program passes to listeners: values in the vectors' notation.
#[derive(Debug)]
struct Payload(Vec<Json>);

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            None => f.write_str("undefined"),
            Some(Json::String(text)) => write!(f, "'{text}'"),
            Some(value) => value.fmt(f),
        }
    }
}

impl Error for Payload {}

/// One function of the program, as a listener of each payload type that it may listen for.
struct Letter<M: Emitter> {
    actions: Vec<Json>,
    plain: M::Listener<Payload>,
    monitor: M::Listener<dyn Error>,
    change: M::Listener<ListenerChange>,
}

impl<M: Emitter> Letter<M> {
    fn new(letter: &str, actions: Vec<Json>) -> Self {
        let [plain, monitor, change] = [(); 3].map(|()| letter.to_owned());
        Self {
            actions,
            plain: M::listener(move |payload: &Payload| {
                on_stage(|stage| stage.call(&plain, payload.0.clone()));
            }),
            monitor: M::listener(move |error: &(dyn Error + 'static)| {
                let values = error
                    .downcast_ref()
                    .map_or(Vec::new(), |Payload(values)| values.clone());
                on_stage(|stage| stage.call(&monitor, values));
            }),
            change: M::listener(move |to: &ListenerChange| {
                on_stage(|stage| stage.change(&change, to));
            }),
        }
    }
}

/// What a program calls an event.
enum EventOf<'a> {
    Text(Named<'a, Payload>),
    Symbol(Symbol<Payload>),
    Monitor,
    Change(Event<ListenerChange>),
}

/// Evaluates an expression with `event` bound to an event whose payload is the program's own.
macro_rules! with_plain {
    ($self:ident, $name:expr, |$event:ident| $then:expr) => {
        match $self.event($name) {
            EventOf::Text($event) => $then,
            EventOf::Symbol($event) => $then,
            EventOf::Monitor | EventOf::Change(_) => throw(json!("an event of the emitter's own")),
        }
    };
}

struct Program<M: Emitter> {
    emitter: M,
    letters: HashMap<String, Letter<M>>,
    symbols: RefCell<HashMap<String, Symbol<Payload>>>,
    log: RefCell<Vec<Json>>,
    state: RefCell<State>,
    max_depth: u64,
}

struct State {
    budget: u64,
    depth: u64,
}

/// Runs a program on a new emitter and gives its log.
pub(super) fn run<M: Emitter>(args: &Args) -> Result<Json, Refusal> {
    let field = |name: &str| args.json(name).cloned().unwrap_or_default();
    let letters = field("listeners");
    let letters = letters
        .as_object()
        .ok_or_else(|| unreadable("an object of listeners", &letters))?;
    let number = |name| field(name).as_u64().ok_or_else(|| unreadable("a number", &field(name)));
    let program = Rc::new(Program::<M> {
        emitter: M::default(),
        letters: letters
            .iter()
            .map(|(name, actions)| (name.clone(), Letter::new(name, list(actions))))
            .collect(),
        symbols: RefCell::default(),
        log: RefCell::default(),
        state: RefCell::new(State {
            budget: number("budget")?,
            depth: 0,
        }),
        max_depth: number("max_depth")?,
    });
    let stage: Rc<dyn Stage> = program.clone();
    enter(&stage);
    for action in list(&field("main")) {
        if let Some(thrown) = catch(|| program.act(&action)) {
            program.log(json!(["threw", thrown]));
            program.state.borrow_mut().depth = 0;
        }
    }
    let log = program.log.take();
    Ok(Json::Array(log))
}

fn list(json: &Json) -> Vec<Json> {
    json.as_array().cloned().unwrap_or_default()
}

impl<M: Emitter> Program<M> {
    fn log(&self, entry: Json) {
        self.log.borrow_mut().push(entry);
    }

    fn act(&self, action: &Json) {
        let word = |index: usize| action[index].as_str().unwrap_or_default();
        let (name, letter) = (word(1), word(2));
        let values = |from: usize| Payload(list(action).split_off(from.min(list(action).len())));
        match word(0) {
            "on" => self.add(name, letter, Manner::ON),
            "once" => self.add(name, letter, Manner::ONCE),
            "prepend" => self.add(name, letter, Manner::PREPEND),
            "prepend_once" => self.add(name, letter, Manner::PREPEND_ONCE),
            "off" => with_plain!(self, name, |event| self.emitter.off(event, &self.letter(letter).plain)),
            "remove_all" => with_plain!(self, name, |event| self.emitter.remove_all(event)),
            "remove_all_events" => self.emitter.remove_all_events(),
            "emit" => self.emit(name, values(2)),
            "try_emit" => {
                if let Some(thrown) = catch(|| self.emit(name, values(2))) {
                    self.log(json!(["threw", thrown]));
                }
            }
            "call_raw" => self.call_raw(name, action[2].as_u64(), &values(3)),
            "set_max" => self.set_max(&action[1]),
            "throw" => throw(json!({ "e": name })),
            query => self.query(query, name, letter),
        }
    }

    fn query(&self, query: &str, name: &str, letter: &str) {
        let entry = match query {
            "count" => json!([query, name, with_plain!(self, name, |event| self.emitter.count(event))]),
            "count_of" => {
                let listener = &self.letter(letter).plain;
                let count = with_plain!(self, name, |event| self.emitter.count_of(event, listener));
                json!([query, name, letter, count])
            }
            "names" => {
                let names = self.emitter.names();
                json!([query, names.iter().map(name_of).collect::<Vec<_>>()])
            }
            "listeners" => {
                let listeners = with_plain!(self, name, |event| self.emitter.listeners(event));
                let letters = listeners.iter().map(|listener| self.letter_of(listener));
                json!([query, name, letters.collect::<Vec<_>>()])
            }
            "raw" => {
                let raw = with_plain!(self, name, |event| self.emitter.raw(event));
                let raw = raw.iter().map(|(listener, once)| (self.letter_of(listener), once));
                json!([query, name, raw.collect::<Vec<_>>()])
            }
            "get_max" => json!(["max", self.emitter.max()]),
            other => throw(json!(format!("no action is called {other}"))),
        };
        self.log(entry);
    }

    fn add(&self, name: &str, letter: &str, manner: Manner) {
        let letter = self.letter(letter);
        match self.event(name) {
            EventOf::Text(event) => self.emitter.add(event, &letter.plain, manner),
            EventOf::Symbol(event) => self.emitter.add(event, &letter.plain, manner),
            EventOf::Monitor => self.emitter.add(ERROR_MONITOR, &letter.monitor, manner),
            EventOf::Change(event) => self.emitter.add(event, &letter.change, manner),
        }
    }

    fn emit(&self, name: &str, payload: Payload) {
        let heard = if name == "error" {
            match self.emitter.emit_error(payload) {
                Ok(()) => true,
                // Node throws the error itself if it is one, and else an error about it.
                Err(unhandled) => match unhandled.0.0.first() {
                    Some(error) if error.get("e").is_some() => throw(error.clone()),
                    _ => throw(json!({ "code": unhandled.code(), "message": unhandled.to_string() })),
                },
            }
        } else {
            with_plain!(self, name, |event| self.emitter.emit(event, &payload))
        };
        self.log(json!(["emitted", name, heard]));
    }

    fn call_raw(&self, name: &str, index: Option<u64>, payload: &Payload) {
        let index = index
            .and_then(|index| usize::try_from(index).ok())
            .unwrap_or(usize::MAX);
        let called = with_plain!(self, name, |event| self.emitter.call_raw(event, index, payload));
        self.log(match called {
            Some((listener, true)) => json!(["raw_ret", format!("ret{}", self.letter_of(&listener))]),
            Some((_, false)) => json!(["raw_ret", { "u": 0 }]),
            None => json!(["raw_none"]),
        });
    }

    fn set_max(&self, count: &Json) {
        match count.as_u64().and_then(|count| usize::try_from(count).ok()) {
            Some(count) => self.emitter.set_max(count),
            None => throw(json!({ "code": "ERR_OUT_OF_RANGE", "message": format!(
                "The value of \"setMaxListeners\" is out of range. It must be >= 0. Received {count}"
            ) })),
        }
    }

    fn event<'a>(&self, name: &'a str) -> EventOf<'a> {
        match name {
            "@errorMonitor" => EventOf::Monitor,
            "newListener" => EventOf::Change(ADDED),
            "removeListener" => EventOf::Change(REMOVED),
            _ => match name.strip_prefix('@') {
                Some(description) => EventOf::Symbol(self.symbol(description)),
                None => EventOf::Text(Named::new(name)),
            },
        }
    }

    fn symbol(&self, description: &str) -> Symbol<Payload> {
        let mut symbols = self.symbols.borrow_mut();
        *symbols
            .entry(description.to_owned())
            .or_insert_with(|| Symbol::new(leak(description)))
    }

    fn letter(&self, letter: &str) -> &Letter<M> {
        self.letters
            .get(letter)
            .unwrap_or_else(|| throw(json!(format!("no letter {letter}"))))
    }

    fn letter_of(&self, listener: &M::Listener<Payload>) -> &str {
        let found = self.letters.iter().find(|(_, letter)| letter.plain == *listener);
        found.map_or("?", |(name, _)| name)
    }
}

/// A symbol's description lives as long as the program; the programs know two of them.
fn leak(text: &str) -> &'static str {
    match text {
        "s0" => "s0",
        "s1" => "s1",
        other => other.to_owned().leak(),
    }
}

fn name_of(event: &EventId) -> String {
    if event.is(ERROR_MONITOR) {
        "@errorMonitor".to_owned()
    } else if event.is_symbol() {
        format!("@{}", event.name())
    } else {
        event.name().to_owned()
    }
}

impl<M: Emitter> Stage for Program<M> {
    fn call(&self, letter: &str, values: Vec<Json>) {
        let mut entry = vec![json!("call"), json!(letter)];
        entry.extend(values);
        self.log(Json::Array(entry));
        if self.state.borrow().depth >= self.max_depth {
            return;
        }
        let _deeper = Deeper::new(&self.state);
        for action in &self.letter(letter).actions {
            if self.state.borrow().budget == 0 {
                break;
            }
            self.state.borrow_mut().budget -= 1;
            self.act(action);
        }
    }

    fn change(&self, letter: &str, change: &ListenerChange) {
        let is_it = |letter: &Letter<M>| {
            M::is_of(change, &letter.plain) || M::is_of(change, &letter.monitor) || M::is_of(change, &letter.change)
        };
        let of = self
            .letters
            .iter()
            .find(|(_, letter)| is_it(letter))
            .map(|(name, _)| name);
        let name = name_of(change.event());
        let event = if change.event().is_symbol() {
            json!({ "y": name })
        } else {
            json!(name)
        };
        let mut function = json!({ "l": of });
        if change.is_wrapper() {
            function["wrapper"] = true.into();
        }
        self.call(letter, vec![event, function]);
    }

    fn warn(&self, warning: &LeakWarning) {
        let name = name_of(warning.event());
        self.log(json!(["warn", name, warning.count(), warning.to_string()]));
    }
}

/// One level of nesting, left again when the listener returns or throws.
struct Deeper<'a>(&'a RefCell<State>);

impl<'a> Deeper<'a> {
    fn new(state: &'a RefCell<State>) -> Self {
        state.borrow_mut().depth += 1;
        Self(state)
    }
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        // An exception that reached the main program has set the depth to zero already.
        let mut state = self.0.borrow_mut();
        state.depth = state.depth.saturating_sub(1);
    }
}
