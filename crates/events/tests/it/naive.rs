//! The emitter in forty lines that anybody would write first, as the judge of both emitters.
//!
//! It copies its list at every emit and searches it at every call: slow, and plainly right.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use ferronode_events::{EventEmitter, Listener, Manner, Named, local};
use proptest::prelude::*;

/// One event's listeners: which letter, and whether for one call.
#[derive(Default)]
struct Naive(Vec<(usize, Vec<(char, bool)>)>);

impl Naive {
    fn list(&mut self, event: usize) -> &mut Vec<(char, bool)> {
        if !self.0.iter().any(|(known, _)| *known == event) {
            self.0.push((event, Vec::new()));
        }
        &mut self.0.iter_mut().find(|(known, _)| *known == event).unwrap().1
    }

    fn add(&mut self, event: usize, letter: char, front: bool, once: bool) {
        let list = self.list(event);
        list.insert(if front { 0 } else { list.len() }, (letter, once));
    }

    fn off(&mut self, event: usize, letter: char) -> bool {
        let list = self.list(event);
        let index = list.iter().rposition(|(known, _)| *known == letter);
        index.map(|index| list.remove(index)).is_some()
    }

    fn emit(&mut self, event: usize) -> String {
        let calls = self.list(event).iter().map(|(letter, _)| *letter).collect();
        self.list(event).retain(|(_, once)| !once);
        calls
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add {
        event: usize,
        letter: char,
        front: bool,
        once: bool,
    },
    Off {
        event: usize,
        letter: char,
    },
    RemoveAll {
        event: usize,
    },
    Emit {
        event: usize,
    },
}

/// Thirty events: eight have places for life, the others lodge.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let event = prop_oneof![0..3_usize, 0..30_usize];
    let letter = prop::char::range('A', 'D');
    let step =
        (event, letter, any::<bool>(), any::<bool>(), 0..10).prop_map(
            |(event, letter, front, once, kind)| match kind {
                0..5 => Step::Add {
                    event,
                    letter,
                    front,
                    once,
                },
                5..7 => Step::Off { event, letter },
                7 => Step::RemoveAll { event },
                _ => Step::Emit { event },
            },
        );
    prop::collection::vec(step, 0..120)
}

fn manner(front: bool, once: bool) -> Manner {
    match (front, once) {
        (false, false) => Manner::ON,
        (false, true) => Manner::ONCE,
        (true, false) => Manner::PREPEND,
        (true, true) => Manner::PREPEND_ONCE,
    }
}

proptest! {
    #[test]
    fn both_emitters_do_what_the_naive_one_does(steps in steps()) {
        let names: Vec<String> = (0..30).map(|number| format!("event {number}")).collect();
        let name = |event: usize| Named::<()>::new(&names[event]);
        let index = |letter: char| letter as usize - 'A' as usize;

        let heard = Arc::new(Mutex::new(String::new()));
        let shared = EventEmitter::new();
        let shared_letters: Vec<_> = ('A'..='D').map(|letter| {
            let heard = heard.clone();
            Listener::new(move |(): &()| heard.lock().unwrap().push(letter))
        }).collect();

        let heard_here = Rc::new(RefCell::new(String::new()));
        let local = local::EventEmitter::new();
        let local_letters: Vec<_> = ('A'..='D').map(|letter| {
            let heard = heard_here.clone();
            local::Listener::new(move |(): &()| heard.borrow_mut().push(letter))
        }).collect();
        shared.set_max_listeners(0);
        local.set_max_listeners(0);

        let mut naive = Naive::default();
        for step in steps {
            match step {
                Step::Add { event, letter, front, once } => {
                    naive.add(event, letter, front, once);
                    shared.add(name(event), &shared_letters[index(letter)], manner(front, once));
                    local.add(name(event), &local_letters[index(letter)], manner(front, once));
                }
                Step::Off { event, letter } => {
                    let expected = naive.off(event, letter);
                    prop_assert_eq!(shared.off(name(event), &shared_letters[index(letter)]), expected);
                    prop_assert_eq!(local.off(name(event), &local_letters[index(letter)]), expected);
                }
                Step::RemoveAll { event } => {
                    naive.list(event).clear();
                    shared.remove_all(name(event));
                    local.remove_all(name(event));
                }
                Step::Emit { event } => {
                    let expected = naive.emit(event);
                    prop_assert_eq!(shared.emit(name(event), &()), !expected.is_empty());
                    prop_assert_eq!(local.emit(name(event), &()), !expected.is_empty());
                    prop_assert_eq!(std::mem::take(&mut *heard.lock().unwrap()), expected.clone());
                    prop_assert_eq!(heard_here.take(), expected);
                }
            }
            let live = naive.0.iter().filter(|(_, list)| !list.is_empty()).count();
            prop_assert_eq!(shared.event_names().len(), live);
            prop_assert_eq!(local.event_names().len(), live);
        }
    }
}
