//! A run of all servers with all numbers of clients, in alternating order.

mod client;
mod dialect;
mod report;
mod server;
mod trial;
mod worker;

use std::{io, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::{
    dialect::Dialect,
    trial::{Figures, Plan},
};

#[derive(Debug, Parser)]
struct Options {
    /// Program of the signaling server.
    #[arg(long)]
    server: Option<String>,
    /// Script of PeerServer for Node.js.
    #[arg(long)]
    peerserver: Option<String>,
    /// Program of matchbox_server.
    #[arg(long)]
    matchbox: Option<String>,
    /// File for the results, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000])]
    clients: Vec<usize>,
    /// Number of rounds over all servers, in alternating order. The best results count.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Time for which a rate is measured, in seconds.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Total signals per second at which the search for the sustained rate starts.
    #[arg(long, default_value_t = 16_000)]
    first: u32,
}

pub fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    raise_open_file_limit();
    let servers = [
        (Dialect::SignalingServer, &options.server),
        (Dialect::PeerServer, &options.peerserver),
        (Dialect::Matchbox, &options.matchbox),
    ];
    let mut servers: Vec<_> =
        servers.into_iter().filter_map(|(dialect, program)| Some((dialect, program.as_deref()?))).collect();
    let mut figures: Vec<Figures> = Vec::new();
    for &clients in &options.clients {
        let plan = Plan {
            clients,
            quiet: if clients > 2_000 { 1.0 } else { 5.0 },
            first: options.first.into(),
            window: Duration::from_secs(options.seconds),
            refinements: 3,
        };
        for round in 1..=options.rounds {
            for (dialect, program) in &servers {
                eprintln!("==> {} with {clients} clients, round {round}", dialect.name());
                match trial::run(*dialect, program, &plan) {
                    Ok(found) => figures.push(found),
                    Err(error) => eprintln!("    failed: {error}"),
                }
            }
            servers.reverse();
        }
    }
    let best = report::best(&figures);
    report::print(&best);
    if let Some(file) = &options.json {
        std::fs::write(file, report::json(&best).to_string())?;
    }
    Ok(())
}

/// Raises the limit of open files to the maximum that the system allows. The servers inherit it.
fn raise_open_file_limit() {
    const WANTED: u64 = 65_536;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= WANTED) {
        return;
    }
    let tried =
        setrlimit(Resource::Nofile, Rlimit { current: Some(WANTED), maximum: maximum.map(|max| max.max(WANTED)) });
    if tried.is_err() && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_err() {
        eprintln!("note: the limit of open files stays at {current:?}");
    }
}
