//! The example prints what it says.

use std::process::Command;

use fixtures::example;

#[test]
fn payload_shows_bytes_and_what_they_mean() {
    let output = Command::new(example("payload")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = "\
a struct        ff 0f 6f 22 03 63 6d 64 22 06 6f 6e 6c 69 6e 65 22 03 73 65 71 49 02 7b 02
read as one     Message { cmd: \"online\", seq: 1 }
o.self = o      ff 0f 6f 22 04 73 65 6c 66 5e 00 7b 01
to a channel    ff 0f 5c 00 0a 02 68 69
v8.serialize    ff 0f 5c 0a 02 68 69
from Node       Some(1.0) Some(\"é\")
and as a type   invalid type: map, expected a tuple of size 1
";
    assert_eq!(printed, expected);
}
