//! The public face of `ferronode-cluster`. This program is its own worker: the variable `PART` says which part it plays.
#![allow(clippy::unwrap_used)]

mod endings;
mod face;
mod ledger;
mod listening;
mod net;
mod patience;
mod policies;
mod protocol;
mod rules;
mod serving;
mod shortage;
mod stuck;
mod worker;

use std::process::ExitCode;

use libtest_mimic::Trial;

fn main() -> ExitCode {
    if std::env::var("PART").as_deref() == Ok("never-read") {
        return worker::never_read();
    }
    if ferronode_cluster::is_worker() {
        return worker::play();
    }
    let pure = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let others = [
        pure(
            "no_connection_is_lost_and_none_is_served_twice_whatever_happens",
            protocol::whatever_happens,
        ),
        pure(
            "nobody_waits_for_workers_that_are_stuck_while_one_is_not",
            protocol::whoever_is_stuck,
        ),
        pure(
            "a_listener_given_up_does_not_close_its_successor",
            protocol::a_listener_given_up_does_not_close_its_successor,
        ),
        pure(
            "by_the_shared_policy_workers_get_the_listener_and_the_primary_accepts_nothing",
            protocol::by_the_shared_policy_workers_get_the_listener,
        ),
        pure(
            "an_answer_that_comes_too_late_ends_no_other_listener",
            rules::an_answer_that_comes_too_late_ends_no_other_listener,
        ),
        pure(
            "what_a_worker_says_again_and_again_is_kept_once",
            rules::what_a_worker_says_again_and_again_is_kept_once,
        ),
        pure(
            "a_listener_of_the_programs_stays_open_though_another_could_not_be_opened",
            rules::a_listener_of_the_programs_stays_open_though_another_could_not_be_opened,
        ),
        pure(
            "a_worker_that_is_stuck_holds_no_second_connection_while_others_answer",
            patience::a_worker_that_is_stuck_holds_no_second_connection_while_others_answer,
        ),
        pure(
            "a_worker_on_the_channel_is_given_several_while_it_answers_and_one_otherwise",
            rules::a_worker_on_the_channel_is_given_several_while_it_answers_and_one_otherwise,
        ),
        pure(
            "a_worker_of_ours_without_a_lane_is_given_one_at_a_time",
            rules::a_worker_of_ours_without_a_lane_is_given_one_at_a_time,
        ),
        pure(
            "what_a_channel_gives_up_is_what_rode_on_it_first",
            rules::what_a_channel_gives_up_is_what_rode_on_it_first,
        ),
        pure(
            "who_says_that_it_goes_gets_nothing_more",
            rules::who_says_that_it_goes_gets_nothing_more,
        ),
        pure(
            "who_has_as_many_as_it_wants_gets_the_next_when_one_has_ended",
            rules::who_has_as_many_as_it_wants_gets_the_next_when_one_has_ended,
        ),
        pure(
            "what_is_in_a_lane_that_stands_still_is_taken_back_at_the_second_look_if_another_has_room",
            patience::what_is_in_a_lane_that_stands_still_is_taken_back_at_the_second_look_if_another_has_room,
        ),
        pure(
            "a_lane_that_stands_still_stays_while_nobody_else_has_room",
            patience::a_lane_that_stands_still_stays_while_nobody_else_has_room,
        ),
        pure(
            "who_wants_fewer_gives_back_what_it_has_not_taken",
            patience::who_wants_fewer_gives_back_what_it_has_not_taken,
        ),
        pure(
            "lanes_are_counted_when_nobody_is_free_and_among_many_workers_not_each_time",
            patience::lanes_are_counted_when_nobody_is_free_and_among_many_workers_not_each_time,
        ),
        pure(
            "connections_that_come_together_are_given_together",
            patience::connections_that_come_together_are_given_together,
        ),
        pure(
            "of_many_that_come_together_few_are_given_to_who_has_stopped",
            patience::of_many_that_come_together_few_are_given_to_who_has_stopped,
        ),
        pure(
            "what_comes_together_and_is_more_than_there_are_workers_is_spread_evenly",
            patience::what_comes_together_and_is_more_than_there_are_workers_is_spread_evenly,
        ),
        pure(
            "what_was_given_after_a_count_was_asked_for_is_not_thought_to_be_taken",
            patience::what_was_given_after_a_count_was_asked_for_is_not_thought_to_be_taken,
        ),
    ];
    let cases = [
        serving::TRIALS,
        endings::TRIALS,
        face::TRIALS,
        ledger::TRIALS,
        listening::TRIALS,
        policies::TRIALS,
        shortage::TRIALS,
        stuck::TRIALS,
    ];
    fixtures::run_alone(&cases.concat(), others)
}
