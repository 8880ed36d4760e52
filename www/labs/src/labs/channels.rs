//! The options of a data channel, and the throughput, loss and latency that they give.

use std::{
    cell::{Cell, RefCell},
    fmt::Display,
    time::Duration,
};

use browser_rtc::{
    Result,
    channel::{ChannelInit, DataChannel, Message, Reliability},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::try_join3};
use gloo_timers::future::{TimeoutFuture, sleep};
use js_sys::Date;
use web_sys::{FormData, HtmlFormElement};

/// Sends messages of `size` bytes, `rate` a second or, with 0, as many as the channel takes.
pub async fn run(form: &HtmlFormElement, size: usize, rate: u32, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (session, peer) = sessions()?;
    let sender = session.connection().create_data_channel("lab", &options(form))?;
    let mut incoming = peer.connection().data_channels();
    let Some(receiver) = incoming.next().await else { return Ok(()) };
    show("Order", &if receiver.ordered() { "kept" } else { "not kept" });
    show("Reliability", &format_args!("{:?}", receiver.reliability()));
    show("Protocol", &receiver.protocol());

    let totals = Totals::default();
    try_join3(send(&sender, size, rate, &totals), receive(receiver, &totals), report(&totals, show)).await?;
    Ok(())
}

/// Returns the options that the form names.
fn options(form: &HtmlFormElement) -> ChannelInit {
    let field = |name| FormData::new_with_form(form).ok().and_then(|data| data.get(name).as_string());
    let limit = field("limit").and_then(|limit| limit.parse().ok()).unwrap_or(0);
    let reliability = match field("reliability").as_deref() {
        Some("retransmits") => Reliability::MaxRetransmits(limit),
        Some("time") => Reliability::MaxPacketLifeTime(limit),
        _ => Reliability::Reliable,
    };
    let init = ChannelInit::new().ordered(field("ordered").is_some()).reliability(reliability);
    init.protocol(field("protocol").unwrap_or_default())
}

#[derive(Default)]
struct Totals {
    sent: Cell<u32>,
    received: Cell<u32>,
    bytes: Cell<f64>,
    latest: Cell<u32>,
    largest_buffer: Cell<f64>,
    latencies: RefCell<Vec<f64>>,
}

/// Sends numbered messages with their time. `send` waits while the buffer of the browser is full.
async fn send(channel: &DataChannel, size: usize, rate: u32, totals: &Totals) -> Result<()> {
    let mut message = vec![0; size.max(12)];
    let started = Date::now();
    loop {
        let number = totals.sent.get();
        if rate > 0 && f64::from(number) > (Date::now() - started) / 1000.0 * f64::from(rate) {
            TimeoutFuture::new(1).await;
            continue;
        }
        message.splice(..12, number.to_le_bytes().into_iter().chain(now().to_le_bytes()));
        channel.send(&message[..]).await?;
        totals.sent.set(number + 1);
        totals.largest_buffer.set(totals.largest_buffer.get().max(channel.buffered_amount()));
    }
}

async fn receive(mut channel: DataChannel, totals: &Totals) -> Result<()> {
    while let Some(message) = channel.next().await.transpose()? {
        let Message::Binary(bytes) = message else { continue };
        let (Some(number), Some(time)) = (bytes.first_chunk(), bytes.get(4..).and_then(<[u8]>::first_chunk)) else {
            continue;
        };
        totals.latest.set(totals.latest.get().max(u32::from_le_bytes(*number)));
        totals.latencies.borrow_mut().push(now() - f64::from_le_bytes(*time));
        totals.received.set(totals.received.get() + 1);
        totals.bytes.set(totals.bytes.get() + bytes.len() as f64);
    }
    Ok(())
}

/// Shows the measurements, twice a second.
async fn report(totals: &Totals, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (mut bytes, mut time) = (0.0, now());
    loop {
        sleep(Duration::from_millis(500)).await;
        let rate = (totals.bytes.get() - bytes) / (now() - time) / 1000.0;
        (bytes, time) = (totals.bytes.get(), now());
        show("Throughput", &format_args!("{rate:.2} MB/s"));
        show("Messages", &format_args!("{} sent, {} received", totals.sent.get(), totals.received.get()));
        // A number that is skipped is lost, or late if the order is not kept.
        show("Lost or late", &(totals.latest.get() + 1).saturating_sub(totals.received.get()));
        show("Largest send buffer", &format_args!("{:.0} kB", totals.largest_buffer.get() / 1000.0));
        let mut latencies = totals.latencies.take();
        latencies.sort_by(f64::total_cmp);
        if let (Some(median), Some(worst)) = (latencies.get(latencies.len() / 2), latencies.last()) {
            show("Latency", &format_args!("{median:.1} ms in the middle, {worst:.1} ms at worst"));
        }
    }
}

/// Returns the time in milliseconds, with fractions.
fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or_else(Date::now, |clock| clock.now())
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
