//! The labs, listed once. Each gets its elements and the values of its controls from the page.

mod byte_stream;
mod canvas;
mod certificates;
mod channels;
mod codecs;
mod configuration;
mod constraints;
mod descriptions;
mod devices;
mod dtmf;
mod early_media;
mod files;
mod identity;
mod level;
mod many;
mod messages;
mod pair;
mod plain_peer;
mod recording;
mod relay;
mod screen;
mod simulcast;
mod statistics;
mod switching;
mod transceivers;
mod transports;
mod typed;
mod warm_up;

use std::time::Duration;

use browser_rtc::peer::IceServer;
use web_sys::HtmlInputElement;

use crate::shell::{Bench, Lab};

macro_rules! labs {
    ($($name:ident($bench:ident) => $run:expr,)*) => {
        /// All labs.
        pub const LABS: &[Lab] = &[$(Lab {
            name: stringify!($name),
            source: include_str!(concat!(stringify!($name), ".rs")),
            run: |$bench: Bench| Box::pin(async move { $run.await }),
        }),*];
    };
}

labs! {
    constraints(bench) => constraints::run(&bench.form, &bench.part("video")?, bench.results()),
    devices(bench) => devices::run(&bench.part("cameras")?, &bench.part("video")?, bench.results()),
    screen(bench) => screen::run(&bench.part("video")?, bench.number("rate")?, bench.results()),
    canvas(bench) => canvas::run(&bench.part("canvas")?, &bench.part("video")?, bench.results()),
    recording(bench) => recording::run(
        bench.text("kind")? == "video",
        bench.clicks("pause")?,
        bench.clicks("finish")?,
        &bench.part("player")?,
        bench.results(),
    ),
    level(bench) => level::run(&bench.part("level")?, &bench.part("audio")?, bench.results()),
    pair(bench) => pair::run(&bench.part("local")?, &bench.part("remote")?, bench.results()),
    plain_peer(bench) => plain_peer::run(&bench.part("video")?, &bench.text("line")?, bench.results()),
    warm_up(bench) => warm_up::run(&bench.part("remote")?, bench.results()),
    early_media(bench) => early_media::run(
        &bench.part("remote")?,
        Duration::from_millis(bench.number("delay")?),
        bench.results(),
    ),
    descriptions(bench) => descriptions::run(bench.results()),
    transceivers(bench) => transceivers::run(&bench.part("video")?, bench.actions(), bench.results()),
    switching(bench) => switching::run(&bench.part("video")?, bench.number("times")?, bench.results()),
    codecs(bench) => codecs::run(&bench.text("codec")?, &bench.part("limit")?, &bench.part("video")?, bench.results()),
    simulcast(bench) => simulcast::run([bench.part("h")?, bench.part("m")?, bench.part("l")?], bench.results()),
    dtmf(bench) => dtmf::run(&bench.text("example")?, bench.results()),
    configuration(bench) => configuration::run(bench.results()),
    certificates(bench) => certificates::run(
        &bench.text("algorithm")?,
        Duration::from_secs(24 * 60 * 60 * bench.number::<u64>("days")?),
        bench.results(),
    ),
    relay(bench) => relay::run(
        IceServer::turn(bench.text("url")?, bench.text("username")?, bench.text("credential")?),
        bench.is_checked("only-relay"),
        bench.results(),
    ),
    transports(bench) => transports::run(bench.results()),
    identity(bench) => identity::run(&bench.text("domain")?, bench.results()),
    statistics(bench) => statistics::run(&bench.part("video")?, bench.results()),
    many(bench) => many::run(bench.number("connections")?, bench.results()),
    messages(bench) => messages::run(&bench.text("text")?, bench.results()),
    channels(bench) => channels::run(&bench.form, bench.number("size")?, bench.number("rate")?, bench.results()),
    typed(bench) => typed::run(bench.number("moves")?, bench.results()),
    byte_stream(bench) => byte_stream::run(
        1_000_000 * bench.number::<u32>("megabytes")?,
        &bench.part("progress")?,
        bench.results(),
    ),
    files(bench) => files::run(
        chosen_file(&bench.part("file")?),
        bench.clicks("disconnect")?,
        &bench.part("progress")?,
        bench.results(),
    ),
}

fn chosen_file(input: &HtmlInputElement) -> Option<web_sys::Blob> {
    input.files()?.get(0).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::LABS;

    const PAGE: &str = include_str!("../../index.html");
    const README: &str = include_str!("../../../README.md");

    #[test]
    fn lab_fits_on_few_lines() {
        for lab in LABS {
            let lines = lab.source.lines().count();
            assert!(lines < 120, "{} has {lines} lines", lab.name);
        }
    }

    #[test]
    fn lab_uses_nothing_of_the_page() {
        for lab in LABS {
            for own in ["crate::", "super::", "mod "] {
                assert!(!lab.source.contains(own), "{} contains {own}", lab.name);
            }
        }
    }

    #[test]
    fn lab_has_a_link_and_a_template() {
        for lab in LABS {
            assert!(PAGE.contains(&format!("<a href=\"#{}\">", lab.name)), "{} is not in the list", lab.name);
            assert!(PAGE.contains(&format!("<template id=\"lab-{}\">", lab.name)), "{} has no template", lab.name);
        }
        assert_eq!(PAGE.matches("class=\"lab-title\"").count(), LABS.len());
        assert_eq!(PAGE.matches("<template id=\"lab-").count(), LABS.len());
    }

    #[test]
    fn lab_is_in_the_readme() {
        for lab in LABS {
            assert!(README.contains(&format!("(labs/src/labs/{}.rs)", lab.name)), "{} is not in README.md", lab.name);
        }
    }

    #[test]
    fn readme_names_every_flow() {
        for number in (1..=9).chain(10..=17).chain(20..=28).chain(30..=39).chain(40..=50) {
            assert!(README.contains(&format!("\n| f{number:02} ")), "f{number:02} is not in README.md");
        }
    }
}
