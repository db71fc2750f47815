//! The examples do what the documents show.

use std::process::Command;

#[test]
fn copy_file_copies_through_a_queue_that_stays_small() {
    let directory = std::env::temp_dir().join(format!("ferronode-copy-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (from, to) = (directory.join("from"), directory.join("to"));
    let bytes: Vec<u8> = (0..1_000_003_u32).map(|number| number.to_le_bytes()[0]).collect();
    std::fs::write(&from, &bytes).unwrap();
    let output = Command::new(fixtures::example("copy_file"))
        .args([&from, &to])
        .arg("1000")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(
        text.contains("1000003 bytes read, 1000003 written, chunks of 1000"),
        "{text}"
    );
    let most = text.split("at most ").nth(1).and_then(|rest| rest.split(' ').next());
    assert!(most.unwrap().parse::<usize>().unwrap() < 2000, "{text}");
}
