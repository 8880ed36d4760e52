//! The results as a table and as JSON.

use serde_json::{Value, json};

use super::{
    dialect::Dialect,
    trial::{Figures, count, millis},
};

/// Returns the best result of several rounds for each figure, because other activity only makes results worse.
pub fn best(all: &[Figures]) -> Vec<Figures> {
    let mut best: Vec<Figures> = Vec::new();
    for new in all {
        let Some(old) = best.iter_mut().find(|old| old.dialect == new.dialect && old.clients == new.clients) else {
            best.push(new.clone());
            continue;
        };
        old.idle = old.idle.min(new.idle);
        old.quiet_memory = old.quiet_memory.min(new.quiet_memory);
        old.p50 = old.p50.min(new.p50);
        old.p99 = old.p99.min(new.p99);
        old.late = old.late.min(new.late);
        old.cost = old.cost.min(new.cost);
        old.sustained = old.sustained.max(new.sustained);
        // The worst result of these figures counts.
        old.overload = old.overload.max(new.overload);
        old.closed = old.closed.max(new.closed);
    }
    best.sort_by_key(|figures| (figures.clients, figures.dialect as u8));
    best
}

pub fn print(all: &[Figures]) {
    println!(
        "\n{:>7} {:<12} {:>9} {:>9} {:>9} {:>10} {:>9} {:>11} {:>7} {:>9}",
        "clients",
        "server",
        "idle KiB",
        "quiet KiB",
        "p50 ms",
        "p99 ms",
        "us/frame",
        "sustained/s",
        "ratio",
        "peak MiB"
    );
    for figures in all {
        let own = all.iter().find(|own| own.dialect == Dialect::SignalingServer && own.clients == figures.clients);
        let ratio = own.map_or(String::new(), |own| format!("{:.1}x", own.sustained / figures.sustained));
        println!(
            "{:>7} {:<12} {:>9.1} {:>9.1} {:>9.2} {:>10.2} {:>9.1} {:>11.0} {:>7} {:>9.0}",
            figures.clients,
            figures.dialect.name(),
            figures.idle / 1024.0,
            figures.quiet_memory / 1024.0,
            millis(figures.p50),
            millis(figures.p99),
            figures.cost,
            figures.sustained,
            ratio,
            count(figures.overload) / 1024.0 / 1024.0,
        );
        if figures.closed > 0 {
            println!("        the server closed {} clients under overload", figures.closed);
        }
    }
    println!(
        "\nidle, quiet: memory per client at rest, and under the load at which p50 and p99 were measured: 5 signals per second\n\
         and client, or 1 above 2,000 clients. sustained: signals per second of which 99 % arrive within 50 ms.\n\
         us/frame: processor time of the server per signal at that load. ratio: sustained rate of signaling-server to that of\n\
         the server. peak: memory of the server under overload."
    );
}

pub fn json(all: &[Figures]) -> Value {
    all.iter()
        .map(|figures| {
            json!({
                "server": figures.dialect.name(),
                "clients": figures.clients,
                "idle_bytes_a_client": figures.idle,
                "quiet_bytes_a_client": figures.quiet_memory,
                "p50_us": figures.p50,
                "p99_us": figures.p99,
                "generator_late_p99_us": figures.late,
                "server_us_a_frame": figures.cost,
                "sustained_a_second": figures.sustained,
                "peak_bytes": figures.overload,
                "closed": figures.closed,
            })
        })
        .collect()
}
