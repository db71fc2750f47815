//! An error that nobody asked about goes to the program's hook; without one it waits for the next call.

use std::sync::Arc;

use ferronode_stream::{DATA, ERROR, Readable, StreamError, Writable};

use crate::parts::{Broken, Log, Zeroes};

// The hook is the program's one, so one test has all that is to be said of it.
#[tokio::test]
async fn an_error_without_listener_goes_to_the_hook_else_to_the_next_call() {
    let flowing = Readable::new(Zeroes::breaking_after(10));
    flowing.on(DATA, |_| {});
    flowing.closed().await;
    assert_eq!(
        flowing.read().await.unwrap_err().code(),
        Some("ECONNRESET"),
        "no hook: the next call"
    );
    assert!(matches!(flowing.read().await, Err(StreamError::Destroyed)));

    let log = Log::default();
    let hook = log.clone();
    ferronode_events::unhandled::set_hook(move |error| hook.write(error.to_string()));
    let broken = Writable::new(Broken(Arc::default()));
    broken.try_write("x").unwrap();
    broken.closed().await;
    log.wait_for("broken pipe").await;

    let heard = Writable::new(Broken(Arc::default()));
    heard.on(ERROR, log.entry("listener"));
    heard.try_write("x").unwrap();
    log.wait_for("listener").await;

    let awaited = Writable::new(Broken(Arc::default()));
    awaited.try_write("x").unwrap();
    assert!(awaited.finished().await.is_err());
    ferronode_events::unhandled::unset_hook();
    assert_eq!(log.entries(), ["broken pipe", "listener"]);
}

#[tokio::test]
async fn an_error_is_told_to_a_listener_that_comes_late() {
    let stream = Readable::new(Zeroes::breaking_after(0));
    assert!(stream.read().await.is_err());
    let log = Log::default();
    stream.on(ERROR, log.entry("error"));
    log.wait_for("error").await;
}

#[tokio::test]
async fn a_reason_for_destroying_is_an_error_of_the_streams_own() {
    let stream = Readable::from_chunks(["x"]);
    let log = Log::default();
    stream.on(ERROR, log.entry("error"));
    assert!(stream.destroy_with(std::io::Error::other("enough")));
    log.wait_for("error").await;
    assert_eq!(stream.read().await.unwrap_err().to_string(), "enough");
    assert!(matches!(stream.read().await, Err(StreamError::Destroyed)));
}
