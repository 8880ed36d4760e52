//! A trial of one server with one number of clients: at rest, under low load, at its highest sustained rate, and under
//! overload.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use super::{
    dialect::{Dialect, ROOM_CLIENTS},
    server::Server,
    worker::{Outcome, Phase, Worker},
};

/// Maximum latency of 99 % of the signals at a sustained rate, in microseconds.
const MAX_LATENCY: u32 = 50_000;

/// Number of attempts at a rate, because other activity on the machine can delay 1 % of the signals.
const ATTEMPTS: usize = 3;

/// The parameters of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub clients: usize,
    /// Signals per second and client at which the latency is measured.
    pub quiet: f64,
    /// Total signals per second at which the search starts.
    pub first: f64,
    pub window: Duration,
    /// Number of search steps between the highest sustained rate and the lowest rate that was not sustained.
    pub refinements: usize,
}

/// The results of a trial.
#[derive(Clone, Debug)]
pub struct Figures {
    pub dialect: Dialect,
    pub clients: usize,
    /// Memory per client at rest, in bytes, without that of the server without clients.
    pub idle: f64,
    /// Memory per client after the low load, in bytes.
    pub quiet_memory: f64,
    pub p50: u32,
    pub p99: u32,
    /// The 99th percentile of the delay of the generator. Lower latencies are not caused by the server.
    pub late: u32,
    /// The processor time of the server per signal, in microseconds.
    pub cost: f64,
    /// The highest sustained rate, in signals per second.
    pub sustained: f64,
    /// The highest memory of the server under overload, in bytes.
    pub overload: u64,
    /// Number of clients that the server closed.
    pub closed: usize,
}

struct Trial {
    server: Server,
    workers: Vec<Worker>,
    peak: u64,
}

pub fn run(dialect: Dialect, program: &str, plan: &Plan) -> io::Result<Figures> {
    let mut trial = Trial { server: Server::start(dialect, program)?, workers: Vec::new(), peak: 0 };
    let empty = trial.server.memory();
    trial.connect(dialect, plan.clients)?;
    trial.run_on_all(|worker| worker.idle(Duration::from_secs(2)))?;
    let clients = count(plan.clients);
    let each = |memory: u64| count(memory.saturating_sub(empty)) / clients;
    let idle = each(trial.server.memory());

    let (cpu_time, quiet) = (trial.server.cpu_time(), plan.quiet * clients);
    let length = plan.window.max(Duration::from_secs(3));
    let mut outcome = trial.load(quiet, length)?;
    let sent = quiet * (length + WARM_UP).as_secs_f64();
    let cost = (trial.server.cpu_time() - cpu_time).as_secs_f64() * 1e6 / sent;
    let quiet_memory = each(trial.server.memory());
    let (p50, p99) = (outcome.percentile(0.5), outcome.percentile(0.99));
    let late = percentile(&mut outcome.lateness, 0.99);

    let (mut good, mut bad) = (0.0, None::<f64>);
    let mut rate = plan.first;
    let mut closed = 0;
    trial.peak = 0;
    for _ in 0..12 + plan.refinements {
        let mut p99 = u32::MAX;
        for _ in 0..ATTEMPTS {
            let outcome;
            (p99, outcome) = trial.measure(rate, plan.window)?;
            closed = closed.max(outcome.closed);
            if p99 <= MAX_LATENCY || p99 > 4 * MAX_LATENCY {
                break;
            }
        }
        if p99 <= MAX_LATENCY {
            good = f64::max(good, rate);
        } else {
            bad = Some(bad.map_or(rate, |bad| bad.min(rate)));
        }
        rate = match bad {
            None => rate * 2.0,
            Some(bad) if good == 0.0 => bad / 2.0,
            Some(bad) => f64::midpoint(good, bad),
        };
        if bad.is_some_and(|bad| {
            good > 0.0 && (bad - good) / bad < 0.5_f64.powi(i32::try_from(plan.refinements).unwrap_or(3) + 1) * 1.01
        }) {
            break;
        }
    }
    if closed == 0 {
        // The overload lasts until all buffers are full.
        closed = trial.load(good * 2.0, plan.window * 2)?.closed;
    }
    let overload = trial.peak;
    Ok(Figures {
        dialect,
        clients: plan.clients,
        idle,
        quiet_memory,
        p50,
        p99,
        late,
        cost,
        sustained: good,
        overload,
        closed,
    })
}

const WARM_UP: Duration = Duration::from_secs(1);

impl Trial {
    /// Measures a rate, and returns the 99th percentile of the latency.
    fn measure(&mut self, rate: f64, window: Duration) -> io::Result<(u32, Outcome)> {
        let cpu_time = self.server.cpu_time();
        let mut outcome = self.load(rate, window)?;
        let cost = (self.server.cpu_time() - cpu_time).as_secs_f64() * 1e6 / (rate * (window + WARM_UP).as_secs_f64());
        let p99 = outcome.percentile(0.99);
        eprintln!(
            "    {rate:>8.0} per second: p50 {:>6.2} ms, p99 {:>8.2} ms, {} of {} arrived, {cost:.1} us each",
            millis(outcome.percentile(0.5)),
            millis(p99),
            outcome.latencies.len(),
            outcome.due
        );
        Ok((p99, outcome))
    }

    fn connect(&mut self, dialect: Dialect, clients: usize) -> io::Result<()> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        self.workers = (0..threads).map(|_| Worker::new()).collect::<io::Result<_>>()?;
        let share = (clients / ROOM_CLIENTS).div_ceil(threads) * ROOM_CLIENTS;
        let address = self.server.address;
        thread::scope(|scope| {
            let connecting: Vec<_> = self
                .workers
                .iter_mut()
                .enumerate()
                .map(|(index, worker)| {
                    let numbers = index * share..clients.min((index + 1) * share);
                    scope.spawn(move || worker.connect(numbers, dialect, address))
                })
                .collect();
            connecting.into_iter().try_for_each(joined)
        })
    }

    fn load(&mut self, rate: f64, window: Duration) -> io::Result<Outcome> {
        let rate = rate / count(self.workers.len());
        let phase = Phase { rate, warm_up: WARM_UP, window, drain: Duration::from_secs(2) };
        let outcomes = self.run_on_all(|worker| worker.run(phase))?;
        Ok(outcomes.into_iter().fold(Outcome::default(), |mut all, mut one| {
            all.due += one.due;
            all.closed += one.closed;
            all.latencies.append(&mut one.latencies);
            all.lateness.append(&mut one.lateness);
            all
        }))
    }

    /// Runs `work` on all workers at the same time, and samples the memory of the server during that time.
    fn run_on_all<T: Send>(&mut self, work: impl Fn(&mut Worker) -> io::Result<T> + Sync) -> io::Result<Vec<T>> {
        let done = AtomicBool::new(false);
        let Self { server, workers, peak } = self;
        thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut peak = 0;
                while !done.load(Ordering::Relaxed) {
                    peak = peak.max(server.memory());
                    thread::sleep(Duration::from_millis(100));
                }
                peak
            });
            let working: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(|| work(worker))).collect();
            let results = working.into_iter().map(joined).collect();
            done.store(true, Ordering::Relaxed);
            *peak = (*peak).max(watching.join().unwrap_or(0));
            results
        })
    }
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
}

impl Outcome {
    /// Returns a percentile of the latencies of all due signals. A lost signal has an infinite latency.
    fn percentile(&mut self, share: f64) -> u32 {
        let missing = usize::try_from(self.due).unwrap_or(0).saturating_sub(self.latencies.len());
        self.latencies.extend(std::iter::repeat_n(u32::MAX, missing));
        let found = percentile(&mut self.latencies, share);
        let arrived = self.latencies.iter().filter(|latency| **latency != u32::MAX).count();
        self.latencies.sort_unstable();
        self.latencies.truncate(arrived);
        found
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in the list")]
fn percentile(values: &mut [u32], share: f64) -> u32 {
    if values.is_empty() {
        return u32::MAX;
    }
    let index = ((count(values.len()) * share) as usize).min(values.len() - 1);
    *values.select_nth_unstable(index).1
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn count(number: impl TryInto<u64>) -> f64 {
    number.try_into().unwrap_or(0) as f64
}

pub fn millis(micros: u32) -> f64 {
    if micros == u32::MAX { f64::INFINITY } else { f64::from(micros) / 1000.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_signal_has_infinite_latency() {
        let mut outcome = Outcome { due: 100, latencies: (1..=98).collect(), ..Outcome::default() };
        assert_eq!(outcome.percentile(0.5), 51);
        assert_eq!(outcome.percentile(0.99), u32::MAX);
        assert_eq!(outcome.latencies.len(), 98);
        assert_eq!(Outcome::default().percentile(0.5), u32::MAX, "no signals");
    }
}
