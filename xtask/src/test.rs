//! `cargo xtask test`: runs native tests, browser tests in Chrome and in Firefox, and end-to-end tests.

use crate::setup::{self, Need};
use crate::step::Step;
use crate::summary::{self, Counts, Line};
use crate::tools::{self, Browser};
use crate::turn::TurnServer;
use crate::{Result, artifacts, dist, examples, networks, paths, unexpected};
use serde_json::{Value, json};
use std::fs;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

/// The names of the runners, in their order.
const RUNNERS: [&str; 5] = ["native", "chrome", "firefox", "e2e", "faults"];
/// Runners that only run if they are named, because they need root.
const ONLY_NAMED: [&str; 1] = ["faults"];

pub fn command(args: &[String]) -> Result {
    if let Some(unknown) = args.iter().find(|arg| !RUNNERS.contains(&arg.as_str())) {
        return Err(unexpected(unknown));
    }
    let runners = selected(args);
    // Runners that do not need the missing tools still run. The others report the error themselves.
    if let Err(problems) = setup::run(&needs(&runners)) {
        println!("\nsome tools could not be installed:\n{problems}\n");
    }
    // The TURN server runs until this value is dropped, after the tests.
    let turn = if runners.iter().any(|runner| ["chrome", "firefox", "e2e"].contains(runner)) {
        TurnServer::start().inspect_err(|problem| println!("\nrelay tests are skipped: {problem}\n")).ok()
    } else {
        None
    };
    let stages = stages(&runners);
    let lines: Vec<Line> = stages.into_iter().flat_map(|stage| side_by_side(stage, turn.as_ref())).collect();
    summary::close(&lines)
}

/// Returns the runners in stages. The two browsers run at once: their tests mostly wait, one core is enough for each, and
/// neither has the other's time limits.
fn stages<'a>(runners: &'a [&'static str]) -> Vec<&'a [&'static str]> {
    let are_browsers = |first: &&str, second: &&str| (*first, *second) == ("chrome", "firefox");
    runners.chunk_by(are_browsers).collect()
}

/// Runs the first runner with its output shown, and the others meanwhile, whose output is shown afterwards.
fn side_by_side(stage: &[&'static str], turn: Option<&TurnServer>) -> Vec<Line> {
    thread::scope(|scope| {
        let run = |(index, runner): (usize, &&'static str)| {
            let (runner, show): (&'static str, Show) = (runner, if index == 0 { Step::tee } else { Step::tee_at_end });
            scope.spawn(move || timed(runner, turn, show))
        };
        let threads: Vec<_> = stage.iter().enumerate().map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Runs a step, and shows its output.
type Show = fn(Step) -> (String, Result);

fn selected(args: &[String]) -> Vec<&'static str> {
    let is_selected = |runner: &&str| match args {
        [] => !ONLY_NAMED.contains(runner),
        _ => args.iter().any(|arg| arg == runner),
    };
    RUNNERS.into_iter().filter(is_selected).collect()
}

fn needs(runners: &[&str]) -> Vec<Need> {
    let any = |of: &[&str]| runners.iter().any(|runner| of.contains(runner));
    let needed_by = |need: &Need| match need {
        Need::Node => any(&["e2e"]),
        Need::Wasm => any(&["chrome", "firefox", "e2e", "faults"]),
        Need::Chrome => any(&["chrome", "e2e", "faults"]),
        Need::Firefox => any(&["firefox", "e2e", "faults"]),
        Need::WebKit => any(&["e2e"]),
        Need::Turn => any(&["chrome", "firefox", "e2e"]),
        Need::Redis => any(&["native"]),
        Need::Networks => any(&["faults"]),
        Need::Axe => any(&["e2e"]),
    };
    setup::TEST.into_iter().filter(needed_by).collect()
}

fn timed(runner: &str, turn: Option<&TurnServer>, show: Show) -> Line {
    println!("\n==> test {runner}");
    let start = Instant::now();
    let step = match runner {
        "native" => Ok(native()),
        "chrome" => chrome(turn),
        "firefox" => firefox(turn),
        "e2e" => e2e(turn),
        _ => faults(),
    };
    let (output, result) = match step {
        Ok(step) => show(step.hint(format!("run `cargo xtask test {runner}` alone"))),
        Err(error) => (String::new(), Err(error)),
    };
    let (counts, result) = corrected(Counts::in_output(&output), result);
    Line { name: runner.to_owned(), counts, took: start.elapsed(), result }
}

/// Corrects the result: a runner without any test has failed, and a failure without a failed test counts as one.
fn corrected(mut counts: Counts, result: Result) -> (Counts, Result) {
    let result = match result {
        Ok(()) if counts.passed + counts.failed == 0 => Err("no tests were run".into()),
        other => other,
    };
    if result.is_err() && counts.failed == 0 {
        counts.failed = 1;
    }
    (counts, result)
}

fn native() -> Step {
    Step::new("cargo", ["test", "--workspace", "--exclude", "browser-rtc-e2e"]).args([
        "--features",
        "browser-rtc-signaling/redis",
        "--no-fail-fast",
    ])
}

fn chrome(turn: Option<&TurnServer>) -> Result<Step> {
    let browser = tools::chrome()?;
    let configuration = webdriver_json("goog:chromeOptions", &browser)?;
    // The runner prefers GECKODRIVER to CHROMEDRIVER, whichever browser is requested.
    Ok(browser_step("--chrome", "--chromedriver", &browser, configuration, turn).env_remove("GECKODRIVER"))
}

fn firefox(turn: Option<&TurnServer>) -> Result<Step> {
    let browser = tools::firefox()?;
    let configuration = webdriver_json("moz:firefoxOptions", &browser)?;
    Ok(browser_step("--firefox", "--geckodriver", &browser, configuration, turn).env_remove("CHROMEDRIVER"))
}

fn browser_step(
    name: &str,
    driver_option: &str,
    browser: &Browser,
    configuration: PathBuf,
    turn: Option<&TurnServer>,
) -> Step {
    let step = Step::new("wasm-pack", ["test", "--headless", name, driver_option])
        .args([&browser.driver])
        .args([".", "--features", "log,postcard,streams", "--test", "web"])
        // The default timeouts are too short for tones, for ICE, and for the first start of a browser.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "1800")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", configuration);
    match turn {
        // Compile-time variables, because a page has no environment.
        Some(turn) => step
            .args(["--", "--include-ignored", "--skip", "gibibyte"])
            .env("BROWSER_RTC_TEST_TURN", &turn.address)
            .env("BROWSER_RTC_TEST_NAT", &turn.behind_nat),
        None => step,
    }
}

/// Writes a copy of `webdriver.json` that names the browser found, because the driver may choose another one.
fn webdriver_json(options: &str, browser: &Browser) -> Result<PathBuf> {
    let source = paths::root().join("webdriver.json");
    let text = fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let all: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut ours = all[options].clone();
    ours["binary"] = json!(browser.binary);
    let folder = paths::target_dir()?;
    let file = folder.join(format!("webdriver-{}.json", options.replace(':', "-")));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, json!({ options: ours }).to_string()))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}

/// Builds the demo, also as it is served, the npm package and the examples, which the tests serve and drive.
fn e2e(turn: Option<&TurnServer>) -> Result<Step> {
    let browsers = [tools::chrome()?, tools::firefox()?];
    dist::build()?;
    examples::build()?;
    let native_peer = artifacts::native_peer_program()?;
    let step = two_browsers(browsers, &["--lib", "--test", "demo"])
        .env("NATIVE_PEER", native_peer)
        .env("AXE", setup::axe_script()?);
    let step = match tools::webkit() {
        Ok(driver) => step.env("WEBKIT_DRIVER", driver),
        Err(_) => step,
    };
    Ok(match turn {
        Some(turn) => step.args(["--", "--include-ignored"]).env("TURN", &turn.address),
        None => step,
    })
}

/// Builds the demo and the server for the fault tests. The server is a separate process, so that it can be killed.
fn faults() -> Result<Step> {
    let browsers = [tools::chrome()?, tools::firefox()?];
    let ip = networks::usable()?;
    artifacts::demo()?;
    let server = artifacts::server("server")?;
    Ok(two_browsers(browsers, &["--test", "faults"]).env("IP", ip).env("SIGNALING_SERVER", server))
}

fn two_browsers([chrome, firefox]: [Browser; 2], targets: &[&str]) -> Step {
    Step::new("cargo", ["test", "-p", "browser-rtc-e2e", "--no-fail-fast"])
        .args(targets)
        .env("CHROMEDRIVER", chrome.driver)
        .env("CHROME", chrome.binary)
        .env("GECKODRIVER", firefox.driver)
        .env("FIREFOX", firefox.binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_without_tests_fails() {
        let (counts, result) = corrected(Counts::default(), Ok(()));
        assert_eq!((counts.failed, result.is_err()), (1, true));
    }

    #[test]
    fn failure_without_failed_tests_counts_as_one() {
        let broken = Err("exit code 101".to_owned());
        let (counts, _) = corrected(Counts { passed: 4, failed: 0 }, broken.clone());
        assert_eq!(counts, Counts { passed: 4, failed: 1 });
        let (counts, _) = corrected(Counts { passed: 4, failed: 2 }, broken);
        assert_eq!(counts, Counts { passed: 4, failed: 2 });
    }

    #[test]
    fn native_tests_need_no_browser() {
        assert_eq!(needs(&["native"]), [Need::Redis]);
        assert_eq!(needs(&["native", "chrome"]), [Need::Wasm, Need::Chrome, Need::Turn, Need::Redis]);
        assert_eq!(needs(&RUNNERS), setup::TEST);
    }

    #[test]
    fn browsers_run_at_once() {
        assert_eq!(stages(&RUNNERS), [&["native"][..], &["chrome", "firefox"], &["e2e"], &["faults"]]);
        assert_eq!(stages(&["firefox", "e2e"]), [["firefox"], ["e2e"]]);
    }

    #[test]
    fn runner_that_needs_root_runs_only_if_named() {
        assert_eq!(selected(&[]), ["native", "chrome", "firefox", "e2e"]);
        assert_eq!(selected(&["faults".to_owned(), "native".to_owned()]), ["native", "faults"]);
    }
}
