//! What a process knows of itself: where it stands, what it is called, what it runs on, its arguments and environment.
//!
//! `cargo run -p ferronode-process --example about -- one two`
#![allow(clippy::print_stdout)]

use ferronode_process as process;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cwd: {}", process::cwd()?.display());
    process::chdir("/")?;
    println!("cwd after chdir: {}", process::cwd()?.display());
    println!("pid: {}, ppid: {}", process::pid(), process::ppid());
    println!("title: {}", process::title());
    println!("version: {}", process::version());
    for (part, version) in process::versions() {
        println!("version of {part}: {version}");
    }
    println!("config: {:?}", process::config());
    println!("exec path: {}", process::exec_path()?.display());
    println!("arguments: {:?}", &process::argv()[1..]);
    println!("platform: {}, arch: {}", process::platform(), process::arch());
    // Reading the environment is free; changing it changes what children get, and never the process itself.
    process::env().set("MOOD", "good");
    println!(
        "variables: {}, MOOD: {:?}",
        process::env().vars().len(),
        process::env().var("MOOD")
    );
    println!("memory: {} KiB resident", process::memory_usage()?.rss / 1024);
    println!("uptime: {:.3} s", process::uptime().as_secs_f64());
    Ok(())
}
