//! Times of the day, and durations.

use js_sys::Date;

/// Returns the time of the day, such as `14:05`.
pub fn now() -> String {
    let now = Date::new_0();
    format!("{:02}:{:02}", now.get_hours(), now.get_minutes())
}

/// Returns the date and the time for the name of a file, such as `2026-11-30 14.05.09`.
pub fn stamp() -> String {
    let now = Date::new_0();
    let (year, month, day) = (now.get_full_year(), now.get_month() + 1, now.get_date());
    let (hours, minutes, seconds) = (now.get_hours(), now.get_minutes(), now.get_seconds());
    format!("{year}-{month:02}-{day:02} {hours:02}.{minutes:02}.{seconds:02}")
}

/// Formats the length of a recording, such as `1:05`.
pub fn length(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Formats a duration in words, such as `18 s` or `3 min`.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
