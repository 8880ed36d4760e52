//! `cargo xtask`: installs what is missing, builds, runs and checks, by calling the public tools.

mod apt;
mod artifacts;
mod bench;
mod ci;
mod coverage;
mod demo;
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
mod size;
mod step;
mod summary;
mod test;
mod tools;
mod turn;

use std::env;
use std::process::ExitCode;

/// The result of a command. An error is a sentence for the user.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup [--for demo|test]                    install what is missing, all of it or for one command
  demo [--port 8080] [--host 127.0.0.1]      build the demo and the signaling server, and serve both
       [--check]                             … only until its pages have been fetched once
  test [native] [chrome] [firefox] [e2e]     run these tests, or all four
       [faults]                              … calls on networks that break; Linux, as root
  coverage [--json FILE | --write]           which members of the specifications have a Rust counterpart;
                                             --write brings README and \"From JavaScript to here\" up to date
  bench [--json FILE] [--write]              speed, compared with raw JavaScript and with others; --write puts it into
        [--browser firefox] [--sessions 8]   the README, and fewer sessions take less time and tell less
  size [--json FILE] [--write]               bytes of small programs, compared with raw web-sys
  load [--json FILE] [--clients N,N]         load on the signaling server, beside PeerServer and matchbox_server;
                                             about 6 min; Linux
  npm                                        build the npm package and check what is in it
  ci                                         formatting, lints, layers, documentation, packages, demo";

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
        return Err(format!("no command\n\n{USAGE}"));
    };
    match command.as_str() {
        "setup" => setup::command(rest),
        "demo" => demo::command(rest),
        "test" => test::command(rest),
        "coverage" => coverage::command(rest),
        "bench" => bench::command(rest),
        "size" => size::command(rest),
        "load" => load::command(rest),
        "npm" => no_arguments(rest).and_then(|()| npm::command()),
        "ci" => no_arguments(rest).and_then(|()| ci::command()),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        unknown => Err(format!("no command `{unknown}`\n\n{USAGE}")),
    }
}

fn no_arguments(rest: &[String]) -> Result {
    rest.first().map_or(Ok(()), |argument| Err(unexpected(argument)))
}

fn unexpected(argument: &str) -> String {
    format!("unexpected argument `{argument}`\n\n{USAGE}")
}
