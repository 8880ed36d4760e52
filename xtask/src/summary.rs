//! Totals of the test results.

use crate::Result;
use std::time::Duration;

/// Numbers of passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    /// Sums the lines `test result: ok. 3 passed; 0 failed; …` that `cargo test` and the runner of wasm-bindgen print.
    pub fn in_output(output: &str) -> Self {
        output.lines().filter_map(|line| line.strip_prefix("test result: ")?.split_once(". ")).fold(
            Self::default(),
            |sum, (_, counts)| Self {
                passed: sum.passed + count(counts, "passed"),
                failed: sum.failed + count(counts, "failed"),
            },
        )
    }
}

fn count(counts: &str, what: &str) -> u64 {
    counts
        .split("; ")
        .filter_map(|part| part.split_once(' '))
        .find(|(_, name)| *name == what)
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

/// A step with its result.
#[derive(Debug)]
pub struct Line {
    pub name: String,
    pub counts: Counts,
    pub took: Duration,
    pub result: Result,
}

/// Prints a line for each step, the errors, and the totals.
///
/// # Errors
/// Fails if a step failed. The error lists the failed steps.
pub fn close(lines: &[Line]) -> Result {
    println!("\n==> summary");
    for Line { name, counts, took, result } in lines {
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        let (Counts { passed, failed }, seconds) = (counts, took.as_secs_f32());
        println!("{name:<24} {word:<6} {passed:>5} passed {failed:>4} failed {seconds:>8.1} s");
    }
    for (name, error) in lines.iter().filter_map(failure) {
        println!("\n{name}: {error}");
    }
    println!("\n{} passed, {} failed", sum(lines, |counts| counts.passed), sum(lines, |counts| counts.failed));
    let failed: Vec<&str> = lines.iter().filter_map(failure).map(|(name, _)| name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn failure(line: &Line) -> Option<(&str, &str)> {
    let error = line.result.as_ref().err()?;
    Some((&line.name, error))
}

fn sum(lines: &[Line], of: impl Fn(&Counts) -> u64) -> u64 {
    lines.iter().map(|line| of(&line.counts)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_test_binaries_are_added() {
        let output = "
running 2 tests
test paths::one ... ok
test paths::two ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests browser_rtc

test result: FAILED. 40 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s
";
        let counts = Counts { passed: 42, failed: 3 };
        assert_eq!(Counts::in_output(output), counts);
    }

    #[test]
    fn console_output_of_browser_runner_is_ignored() {
        let output = "
test bad ... FAIL

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 filtered out; finished in 0.03s

console output:
    test result: ok. 9 passed; 9 failed; 0 ignored
";
        let counts = Counts { passed: 2, failed: 1 };
        assert_eq!(Counts::in_output(output), counts);
    }

    #[test]
    fn output_without_tests_has_no_counts() {
        assert_eq!(Counts::in_output("error: could not compile"), Counts::default());
    }
}
