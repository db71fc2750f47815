//! What may happen in the model of a cluster.

use proptest::prelude::*;

/// What may happen next; numbers choose among the workers that there are, and their listeners.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Fork,
    /// So many clients connect to one of the two ports.
    Connect(usize, usize),
    /// The primary accepts what it wants.
    Accept,
    /// The primary can give so many connections more, or as many as it wants.
    Gives(Option<usize>),
    /// The oldest frame under way from the primary to a worker arrives; what rides on it perhaps not.
    ToWorker(usize, bool),
    /// The oldest frame under way from a worker to the primary arrives.
    ToPrimary(usize),
    /// The oldest answer on a lane arrives at the primary, or the end of the lane.
    LaneToPrimary(usize),
    /// A worker that is to leave looks whether something is left in its lane.
    Drain(usize),
    Take(usize),
    Finish(usize),
    Kill(usize),
    Disconnect(usize),
    Leave(usize),
    /// It ends itself, whatever it has.
    Quit(usize),
    /// It closes a listener.
    Close(usize),
    /// It wants so many connections at once, or as many as come.
    Limit(usize, Option<u32>),
    Time(u64),
    /// The time has come to look at the lanes.
    Look,
    /// So many of the primary's actions are carried out.
    CarryOut(usize),
    /// The program wants to know how many connections are under way.
    Count,
    /// It closes a listener, and listens at the same place again.
    ListenAgain(usize),
    /// The primary has so few descriptors left, or as many as it wants.
    Descriptors(Option<usize>),
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let nth = || 0usize..16;
    prop_oneof![
        2 => Just(Event::Fork),
        8 => (0usize..2).prop_map(|port| Event::Connect(port, 1)),
        4 => (0usize..2, 2usize..24).prop_map(|(port, many)| Event::Connect(port, many)),
        10 => Just(Event::Accept),
        6 => prop::option::of(0usize..8).prop_map(Event::Gives),
        24 => nth().prop_map(|nth| Event::ToWorker(nth, true)),
        1 => nth().prop_map(|nth| Event::ToWorker(nth, false)),
        24 => nth().prop_map(Event::ToPrimary),
        16 => nth().prop_map(Event::LaneToPrimary),
        4 => nth().prop_map(Event::Drain),
        20 => nth().prop_map(Event::Take),
        8 => nth().prop_map(Event::Finish),
        2 => nth().prop_map(Event::Kill),
        2 => nth().prop_map(Event::Disconnect),
        2 => nth().prop_map(Event::Leave),
        2 => nth().prop_map(Event::Quit),
        2 => nth().prop_map(Event::Close),
        4 => (nth(), prop::option::of(0u32..4)).prop_map(|(nth, most)| Event::Limit(nth, most)),
        2 => (0u64..200).prop_map(Event::Time),
        16 => Just(Event::Look),
        40 => (1usize..6).prop_map(Event::CarryOut),
        1 => Just(Event::Count),
        4 => nth().prop_map(Event::ListenAgain),
        6 => prop::option::of(0usize..3).prop_map(Event::Descriptors),
    ]
}
