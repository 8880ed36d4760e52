//! A data channel as a stream of bytes, like a TCP socket: any code that reads and writes bytes runs over it.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Error, Result,
    channel::{ByteStream, ChannelInit},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{AsyncReadExt, AsyncWriteExt, future::try_join, io};
use js_sys::Date;
use web_sys::HtmlProgressElement;

/// Writes this many bytes into one end and reads them from the other, which returns them in capitals.
pub async fn run(bytes: u32, progress: &HtmlProgressElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (session, peer) = sessions()?;
    let init = ChannelInit::new().negotiated(1);
    let mut client = ByteStream::new(session.connection().create_data_channel("", &init)?)?;
    let server = ByteStream::new(peer.connection().create_data_channel("", &init)?)?;
    client.ready(Duration::from_secs(10)).await?;
    show("Stream", &"ready");

    let started = Date::now();
    let (mut reader, mut writer) = client.split();
    let write = async {
        let text = b"all work and no play makes jack a dull boy. ".repeat(1000);
        let mut source =
            io::AsyncReadExt::take(io::Cursor::new(text.repeat(bytes as usize / text.len() + 1)), bytes.into());
        io::copy(&mut source, &mut writer).await?;
        // Closes one direction: the other peer reads the end, and can still answer.
        writer.close().await
    };
    let read = async {
        let (mut buffer, mut count, mut sum) = (vec![0; 64 * 1024], 0_u32, 0_u64);
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                return Ok((count, sum));
            }
            count += length as u32;
            sum += buffer.iter().take(length).map(|&byte| u64::from(byte)).sum::<u64>();
            progress.set_value(f64::from(count) / f64::from(bytes));
            show("Returned", &format_args!("{count} of {bytes} bytes"));
        }
    };
    let exchange = async { try_join(write, read).await };
    let (_, ((), (count, sum))) =
        try_join(capitalize(server), exchange).await.map_err(|error| Error::other("lab", error))?;

    let seconds = (Date::now() - started) / 1000.0;
    show("Rate", &format_args!("{:.1} MB/s in each direction", f64::from(count) / seconds / 1e6));
    show("Average byte", &format_args!("{:.1}, that of capitals", sum as f64 / f64::from(count)));
    Ok(())
}

/// Returns what it reads in capitals, until the end.
async fn capitalize(stream: ByteStream) -> io::Result<()> {
    let (mut reader, mut writer) = stream.split();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = reader.read(&mut buffer).await?;
        let Some(bytes) = buffer.get_mut(..length).filter(|bytes| !bytes.is_empty()) else {
            return writer.close().await;
        };
        bytes.make_ascii_uppercase();
        writer.write_all(bytes).await?;
    }
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
