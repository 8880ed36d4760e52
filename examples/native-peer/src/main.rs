//! A peer in a room, without a browser. It accepts and starts calls, and echoes messages and media.

mod connection;
mod room;
mod session;

use std::{env, error::Error, process::ExitCode};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const USAGE: &str = "\
usage: native-peer URL ROOM NAME [--call NAME] [--channel LABEL]

  URL              of the signaling server, such as ws://localhost:8080/signal
  --call NAME      calls this peer as soon as it is in the room
  --channel LABEL  the channel to open in such a call; \"chat\" by default";

/// The command line.
struct Options {
    url: String,
    room: String,
    name: String,
    call: Option<String>,
    channel: String,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let (url, room, name) = (args.next()?, args.next()?, args.next()?);
        let mut options = Self { url, room, name, call: None, channel: "chat".to_owned() };
        while let Some(option) = args.next() {
            match option.as_str() {
                "--call" => options.call = Some(args.next()?),
                "--channel" => options.channel = args.next()?,
                _ => return None,
            }
        }
        Some(options)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(options) = Options::parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result {
    room::Room::join(options).await?.run().await
}

/// Returns an id that no other session has.
fn random_id() -> Result<String> {
    let [first, second, third] = random_bits()?;
    Ok(format!("{first:08x}{second:08x}{third:08x}"))
}

fn random_bits() -> Result<[u32; 3]> {
    Ok([getrandom::u32()?, getrandom::u32()?, getrandom::u32()?])
}
