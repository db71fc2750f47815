//! Many askers, one flight.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread;

use ferronode_events::{Pilot, Seat, SingleFlight};

use crate::block_on;

#[test]
fn ten_askers_make_one_flight() {
    let flight = SingleFlight::<String>::new();
    let (reads, seated) = (AtomicUsize::new(0), Barrier::new(10));
    let ask = || match flight.seat("user 7") {
        Seat::Pilot(pilot) => {
            reads.fetch_add(1, Ordering::Relaxed);
            seated.wait();
            pilot.land(&"Ann".to_owned());
            "Ann".to_owned()
        }
        Seat::Passenger(value) => {
            seated.wait();
            block_on(value).unwrap()
        }
    };
    thread::scope(|scope| {
        let askers: Vec<_> = (0..10).map(|_| scope.spawn(ask)).collect();
        assert!(askers.into_iter().all(|asker| asker.join().unwrap() == "Ann"));
    });
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    assert!(flight.is_empty());
}

#[test]
fn a_pilot_that_gives_up_tells_its_passengers() {
    let flight = SingleFlight::<u32>::new();
    let Seat::Pilot(pilot) = flight.seat("a") else {
        panic!("the first asker flies")
    };
    let Seat::Passenger(value) = flight.seat("a") else {
        panic!("the second waits")
    };
    drop(pilot);
    assert_eq!(block_on(value), None);
    assert!(matches!(flight.seat("a"), Seat::Pilot(_)));
}

#[test]
fn who_asks_after_the_landing_flies_again() {
    let flight = SingleFlight::<u32>::new();
    let Seat::Pilot(first) = flight.seat("a") else {
        panic!("the first asker flies")
    };
    assert!(!first.land(&1));
    let Seat::Pilot(second) = flight.seat("a") else {
        panic!("the key was forgotten")
    };
    let Seat::Passenger(value) = flight.seat("a") else {
        panic!("this one waits")
    };
    assert!(second.land(&2));
    assert_eq!(block_on(value), Some(2));
}

#[test]
fn a_flight_that_begins_while_another_lands_is_its_own() {
    /// Asks again as soon as it is woken.
    struct AskAgain(SingleFlight<u32>, Mutex<Option<Pilot<u32>>>);
    impl Wake for AskAgain {
        fn wake(self: Arc<Self>) {
            if let Seat::Pilot(pilot) = self.0.seat("a") {
                *self.1.lock().unwrap() = Some(pilot);
            }
        }
    }

    let asker = Arc::new(AskAgain(SingleFlight::new(), Mutex::new(None)));
    let Seat::Pilot(first) = asker.0.seat("a") else {
        panic!("the first asker flies")
    };
    let Seat::Passenger(value) = asker.0.seat("a") else {
        panic!("the second waits")
    };
    let mut value = pin!(value);
    let waker = Waker::from(asker.clone());
    assert!(value.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    first.land(&1);
    assert!(asker.1.lock().unwrap().is_some());
    assert!(
        matches!(asker.0.seat("a"), Seat::Passenger(_)),
        "the second flight is under way"
    );
}

#[test]
fn keys_fly_apart() {
    let flight = SingleFlight::<u32>::new();
    let Seat::Pilot(a) = flight.seat("a") else {
        panic!("the first asker flies")
    };
    let Seat::Pilot(_b) = flight.seat("b") else {
        panic!("so does the first for b")
    };
    assert_eq!(flight.len(), 2);
    assert!(!a.land(&1));
    assert_eq!(flight.len(), 1);
}
