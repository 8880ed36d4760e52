//! The command-line program of the signaling server.

mod config_file;
mod options;
mod signals;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use browser_rtc_signaling::{Server, raise_open_file_limit};
use options::{LogFormat, Options};
use signals::Signals;
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, prelude::*};

#[tokio::main]
async fn main() -> ExitCode {
    let options = config_file::parse_options(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let outcome = match init_logging(&options) {
        Ok(()) => serve(options).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, the exit code is the only report.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    raise_open_file_limit();
    // Signals are received from the start, so that an early one is not missed.
    let Signals { drain, stop, mut reloads } = signals::listen()?;
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
        () = server.run_until(drain, stop) => {}
        () = reload => {}
    }
    Ok(())
}

fn init_logging(options: &Options) -> io::Result<()> {
    let filter = options.log.parse::<EnvFilter>();
    let filter = filter.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("--log: {error}")))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match options.log_format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(layer.with_filter(filter_fn(is_loggable))).init();
    Ok(())
}

/// Returns whether an event may be logged. At the level `TRACE`, some libraries log all data, including tokens.
fn is_loggable(metadata: &Metadata<'_>) -> bool {
    let verbose = ["tungstenite", "hyper", "rustls"];
    *metadata.level() != Level::TRACE || !verbose.iter().any(|library| metadata.target().starts_with(library))
}
