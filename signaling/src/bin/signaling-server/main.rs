//! The signaling server as a program.

mod file;
mod options;
mod signals;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use browser_rtc_signaling::server::{Server, raise_open_files};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

use options::{LogFormat, Options};
use signals::Signals;

#[tokio::main]
async fn main() -> ExitCode {
    let options = file::options(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let outcome = match log(&options) {
        Ok(()) => serve(options).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    raise_open_files();
    // Listened for from the start: a signal that comes early is not missed.
    let Signals { drain, hurry, mut reloads } = signals::listen()?;
    let server = Server::bind(options.config()?).await?;
    let mut out = io::stdout();
    for url in server.urls() {
        writeln!(out, "listening on {url}")?;
    }
    if let Some(fingerprint) = server.fingerprint() {
        writeln!(out, "certificate {fingerprint}")?;
    }
    if let Some(address) = server.metrics_addr() {
        writeln!(out, "metrics on http://{address}/metrics")?;
    }
    out.flush()?;
    let reloader = server.reloader();
    let reload = async {
        loop {
            reloads.next().await;
            reloader.reload();
        }
    };
    tokio::select! {
        () = server.run_until(drain, hurry) => {}
        () = reload => {}
    }
    Ok(())
}

fn log(options: &Options) -> io::Result<()> {
    let filter = options.log.parse::<EnvFilter>();
    let filter = filter.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("--log: {error}")))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match options.log_format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(layer.with_filter(filter_fn(is_discreet))).init();
    Ok(())
}

/// At their finest these write down what passes, tokens and all. Nobody is asked whether he wants that.
fn is_discreet(metadata: &Metadata<'_>) -> bool {
    let wordy = ["tungstenite", "hyper", "rustls"];
    *metadata.level() != Level::TRACE || !wordy.iter().any(|library| metadata.target().starts_with(library))
}
