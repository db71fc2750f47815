//! A worker of the demonstration: hyper, behind a listener that knows of the cluster. The server itself does not.

use std::convert::Infallible;
use std::process::ExitCode;

use ferronode_cluster::{Connection, listen, worker};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Demo;
use crate::report::complain;

/// Serves until this worker is to leave, and has finished what it had.
pub(crate) async fn run(options: &Demo) -> ExitCode {
    heed_signals();
    let mut listener = match listen(options.address()).await {
        Ok(listener) => listener,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    loop {
        match listener.accept().await {
            Ok(Some(connection)) => _ = tokio::spawn(serve(connection)),
            Ok(None) => break,
            Err(error) => complain(&format!("a connection is lost: {error}")),
        }
    }
    if let Some(worker) = worker() {
        worker.left().await;
    }
    ExitCode::SUCCESS
}

/// SIGTERM: leave. SIGINT, which a terminal sends to all of us at once: the primary decides.
fn heed_signals() {
    let (Ok(mut terminate), Ok(_interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return complain("cannot listen for signals");
    };
    tokio::spawn(async move {
        terminate.recv().await;
        if let Some(worker) = worker() {
            worker.disconnect();
        }
    });
}

/// Serves one connection, request after request; when this worker is to leave, the request under way is the last.
async fn serve(connection: Connection) {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(answer(&request)) });
    let mut http = http1::Builder::new();
    let serving = http
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(connection), service);
    tokio::pin!(serving);
    let leaving = async {
        match worker() {
            Some(worker) => worker.leaving().await,
            None => std::future::pending().await,
        }
    };
    // How a client ends its connection is its own business: errors are not ours to report.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = leaving => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

fn answer(request: &Request<Incoming>) -> Response<String> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => (StatusCode::OK, format!("hello from worker {}", std::process::id())),
        (_, "/") => (StatusCode::METHOD_NOT_ALLOWED, "GET it\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "there is nothing here but /\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/plain"));
    response
}
