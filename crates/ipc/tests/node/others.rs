//! Parents that are not Node and do as Node does: Bun, and the process manager PM2.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fixtures::example;
use libtest_mimic::Failed;

/// Bun's own serialization is not V8's, so json is the mode that we share.
pub(crate) fn bun() -> Result<(), Failed> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "examples", "node_parent.js"]
        .iter()
        .collect();
    let output = Command::new("timeout")
        .args(["60", "bun"])
        .arg(script)
        .arg(example("node_child"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && text.contains("returned 13 values unchanged and exited with 0") {
        return Ok(());
    }
    Err(format!("{}: {text}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// With `wait_ready` PM2 takes a program for started when it has sent "ready", or when it has waited long enough.
pub(crate) fn pm2() -> Result<(), Failed> {
    let home = std::env::temp_dir().join(format!("ferronode-pm2-{}", std::process::id()));
    std::fs::create_dir(&home)?;
    let config = home.join("echo.config.js");
    let script = example("mirror");
    let text = format!(
        "module.exports = {{ apps: [{{ name: 'echo', script: {script:?}, interpreter: 'none', wait_ready: true, \
         listen_timeout: 40000, autorestart: false }}] }};"
    );
    std::fs::write(&config, text)?;
    let pm2 = |arguments: &[&str]| -> std::io::Result<Output> {
        Command::new("timeout")
            .args(["60", "pm2"])
            .args(arguments)
            .env("PM2_HOME", &home)
            .output()
    };
    let begin = Instant::now();
    let started = pm2(&["start", &config.to_string_lossy()])?;
    let took = begin.elapsed();
    let list = pm2(&["jlist"])?;
    let ended = pm2(&["kill"])?;
    std::fs::remove_dir_all(&home)?;
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    if !started.status.success() || !list.contains(r#""status":"online""#) {
        return Err(format!("{}: {list}", String::from_utf8_lossy(&started.stderr)).into());
    }
    if took > Duration::from_secs(30) {
        return Err(format!("PM2 has not heard \"ready\" in {took:?}").into());
    }
    assert!(ended.status.success());
    Ok(())
}
