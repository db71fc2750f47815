//! What the examples show.

use std::process::Command;

use fixtures::example;

use crate::alone;

#[test]
fn channel_fd_shows_how_a_child_finds_its_channel() {
    let mut text = String::new();
    // The pipe to it would be counted by whoever counts descriptors meanwhile.
    alone(async {
        let output = Command::new(example("channel_fd")).output().unwrap();
        text = String::from_utf8(output.stdout).unwrap();
    });
    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("parent: the channel is there (descriptors "),
        "{text}"
    );
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "parent: starting a child with NODE_CHANNEL_FD=3",
            "child: found a channel in mode json; NODE_CHANNEL_FD is now None",
            "child: heard are you there?",
            "parent: heard yes",
            "child: the channel has ended, and so do I",
            "parent: the child has ended with Some(0)",
        ]
    );
}
