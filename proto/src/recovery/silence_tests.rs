//! Tests of the detection of silence, with the traffic of calls.

use std::time::Duration;

use super::{
    Sample,
    silence::{Finding, Silence},
};

const PATIENCE: Duration = Duration::from_secs(2);

/// Number of samples of a path until it is found broken, of at most `limit`.
fn samples_until_broken(silence: &mut Silence, sample: Sample, limit: u32) -> Option<u32> {
    (1..=limit).find(|_| silence.add(&sample, PATIENCE) == Finding::Broken)
}

/// A sample of a call with video, whose packets all arrive.
fn video() -> Sample {
    Sample { bytes_received: 80_000, bytes_sent: 80_000, ..Sample::new(Duration::from_secs(1)) }
}

fn short() -> Sample {
    Sample::new(Duration::from_millis(250))
}

/// A sample of a path on which Chromium sends checks that are not answered.
fn unanswered() -> Sample {
    Sample { checks_sent: 4, ..short() }
}

#[test]
fn unanswered_checks_prove_silence() {
    let mut silence = Silence::default();
    silence.add(&Sample { checks_received: 2, checks_sent: 1, ..Sample::new(Duration::from_secs(1)) }, PATIENCE);
    assert_eq!(samples_until_broken(&mut silence, unanswered(), 99), Some(8), "after two seconds");
}

#[test]
fn path_that_never_worked_is_not_silent() {
    let mut silence = Silence::default();
    assert_eq!(samples_until_broken(&mut silence, unanswered(), 99), None);
    silence.add(&video(), PATIENCE);
    silence.reset();
    assert_eq!(samples_until_broken(&mut silence, unanswered(), 99), None);
}

#[test]
fn few_checks_do_not_prove_silence() {
    let mut silence = Silence::default();
    silence.add(&Sample { checks_received: 1, ..short() }, PATIENCE);
    silence.add(&unanswered(), PATIENCE);
    assert_eq!(samples_until_broken(&mut silence, short(), 99), None);
}

#[test]
fn video_without_acknowledgment_proves_silence() {
    let mut silence = Silence::default();
    silence.add(&video(), PATIENCE);
    // The checks are answered, as by Firefox after a change of the address of its peer.
    let sending = Sample { bytes_sent: 20_000, checks_received: 1, ..short() };
    assert_eq!(samples_until_broken(&mut silence, sending, 99), Some(12), "after three seconds");
}

#[test]
fn end_of_media_does_not_prove_silence() {
    for checks_received in [0, 1] {
        let mut silence = Silence::default();
        silence.add(&video(), PATIENCE);
        assert_eq!(samples_until_broken(&mut silence, Sample { checks_received, ..short() }, 99), None);
        // Audio is acknowledged every five seconds.
        let audio = Sample { bytes_sent: 1_000, checks_received, ..short() };
        assert_eq!(samples_until_broken(&mut silence, audio, 99), None);
    }
}

#[test]
fn interruption_is_suspected_once_and_resumes_once() {
    let mut silence = Silence::default();
    silence.add(&video(), PATIENCE);
    let findings: Vec<Finding> = (0..5).map(|_| silence.add(&short(), PATIENCE)).collect();
    let [.., Finding::Suspicious, Finding::Normal] = findings[..] else { panic!("{findings:?}") };
    assert!(!findings[..3].contains(&Finding::Suspicious));
    // Another path is found, on which media arrive later.
    silence.reset();
    assert_eq!(silence.add(&short(), PATIENCE), Finding::Normal);
    assert_eq!(silence.add(&video(), PATIENCE), Finding::Resumed);
    assert_eq!(silence.add(&video(), PATIENCE), Finding::Normal);
}

#[test]
fn suspended_page_observes_before_it_decides() {
    let mut silence = Silence::default();
    silence.add(&video(), PATIENCE);
    let gap = Sample { bytes_sent: 80_000, checks_sent: 400, ..Sample::new(Duration::from_secs(60)) };
    assert_eq!(silence.add(&gap, PATIENCE), Finding::Normal);
    assert_eq!(samples_until_broken(&mut silence, unanswered(), 99), Some(4), "after one second");
    // The path has survived.
    let mut silence = Silence::default();
    silence.add(&Sample { bytes_received: 900, ..gap }, PATIENCE);
    assert_eq!(samples_until_broken(&mut silence, Sample { checks_received: 1, ..unanswered() }, 99), None);
}

/// A generator of repeatable random numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn is_lost(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// Checks of two peers that send nothing else, as Chromium sends them: every 2.5 seconds, and every 48 ms after 2.5 seconds
/// in which nothing was received. Returns the number of times at which the path was found broken in this time.
fn idle_path(seconds: u32, loss: u64, seed: u64) -> u32 {
    const STEP: Duration = Duration::from_millis(48);
    let (mut silence, mut random, mut broken) = (Silence::default(), Random(seed), 0);
    let mut sample = Sample::default();
    let (mut since_received, mut since_sent) = (Duration::ZERO, Duration::ZERO);
    let mut until_peer_sends = Duration::from_millis(1_300);
    silence.add(&Sample { checks_received: 1, ..short() }, PATIENCE);
    for _ in 0..seconds * 1_000 / 48 {
        sample.elapsed += STEP;
        since_received += STEP;
        since_sent += STEP;
        until_peer_sends = until_peer_sends.saturating_sub(STEP);
        let is_weak = since_received > Duration::from_millis(2_500);
        let mut received = 0;
        if is_weak || since_sent > Duration::from_millis(2_500) {
            sample.checks_sent += 1;
            since_sent = Duration::ZERO;
            received += u32::from(!random.is_lost(loss) && !random.is_lost(loss));
        }
        if until_peer_sends.is_zero() {
            until_peer_sends = Duration::from_millis(2_500);
            received += u32::from(!random.is_lost(loss));
        }
        if received > 0 {
            since_received = Duration::ZERO;
            sample.checks_received += received;
        }
        if sample.elapsed >= Duration::from_millis(250) {
            if silence.add(&sample, PATIENCE) == Finding::Broken {
                broken += 1;
                silence.reset();
            }
            sample = Sample::default();
        }
    }
    broken
}

#[test]
fn idle_hour_is_not_silence() {
    assert_eq!(idle_path(3_600, 0, 1), 0);
}

#[test]
fn idle_path_with_loss_is_not_silence() {
    // Ten hours in total.
    for seed in 1..=60 {
        assert_eq!(idle_path(600, 20, seed), 0, "seed {seed}");
    }
}

#[test]
fn dead_idle_path_is_silence() {
    assert!(idle_path(10, 100, 1) > 0);
}
