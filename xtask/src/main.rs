//! `cargo xtask`: the commands of the workspace. They install missing tools, build, run and check.

mod apt;
mod artifacts;
mod bench;
mod ci;
mod coverage;
mod demo;
mod dist;
mod examples;
#[cfg(test)]
mod guide;
mod layers;
mod load;
mod msrv;
mod networks;
mod npm;
mod paths;
mod pure;
mod readme;
mod setup;
mod shots;
mod size;
mod stamp;
mod step;
mod summary;
mod test;
mod tools;
mod turn;

use std::env;
use std::process::ExitCode;

/// The result of a command. The error is a message for the user.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup [--for demo|test]                    install missing tools, for all commands or for one
  demo [--port 8080] [--host 127.0.0.1]      build the demo and the signaling server, and serve both
       [--tls]                               … by https on all addresses, for a phone on the same network
       [--check]                             … until each page was fetched once, and the first load measured
       [--build]                             build the demo for a server, in www/dist
  test [native] [chrome] [firefox] [e2e]     run these tests, or all four
       [faults]                              … calls on failing networks; needs Linux and root
  coverage [--json FILE | --write]           count the members of the specifications that have a Rust counterpart;
                                             --write updates README.md and \"From JavaScript to Rust\"
  bench [--json FILE] [--write]              measure the speed, compared with raw JavaScript and other libraries;
        [--browser firefox] [--sessions 8]   --write updates README.md; fewer sessions are faster and less exact
        [--connecting]                       only connections and first pictures
  size [--json FILE] [--check | --write]     measure the size of small programs, compared with raw web-sys;
                                             --check fails if one has grown by more than 1 % from
                                             bench/size/sizes.json; --write updates that file and README.md
  load [--json FILE] [--clients N,N]         measure the signaling server under load, compared with PeerServer and
                                             matchbox_server; about 6 min; needs Linux
  shots [STATE]                              take a picture of each state of the demo, or of those whose names contain
                                             STATE, in target/shots, and that of the README
  npm                                        build the npm package, check its content, and call with it from new projects
                                             of the common bundlers in two browsers
  ci                                         check formatting, lints, layers, documentation, packages, sizes and the demo";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result {
    let Some((command, rest)) = args.split_first() else {
        return Err(format!("missing command\n\n{USAGE}"));
    };
    match command.as_str() {
        "setup" => setup::command(rest),
        "demo" => demo::command(rest),
        "test" => test::command(rest),
        "coverage" => coverage::command(rest),
        "bench" => bench::command(rest),
        "size" => size::command(rest),
        "load" => load::command(rest),
        "shots" => shots::command(rest),
        "npm" => no_arguments(rest).and_then(|()| npm::command()),
        "ci" => no_arguments(rest).and_then(|()| ci::command()),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        unknown => Err(format!("unknown command `{unknown}`\n\n{USAGE}")),
    }
}

fn no_arguments(rest: &[String]) -> Result {
    rest.first().map_or(Ok(()), |argument| Err(unexpected(argument)))
}

fn unexpected(argument: &str) -> String {
    format!("unexpected argument `{argument}`\n\n{USAGE}")
}
