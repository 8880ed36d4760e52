//! Touch tones: the examples of the specification, with each key as it plays.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Result,
    dtmf::{DtmfSender, PlayOut, Timing, Tones},
    media::{self, Constraints},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::pending};
use gloo_timers::future::TimeoutFuture;

/// Sends the microphone to a peer in this page, and plays an example of the specification on it.
pub async fn run(example: &str, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let microphone = media::get_user_media(&Constraints::new().audio(true)).await?;
    let (session, _peer) = sessions()?;
    for track in microphone.tracks() {
        session.connection().add_track(&track, &[&microphone])?;
    }
    let Some(sender) = session.connection().senders().into_iter().next() else { return Ok(()) };
    let dtmf = sender.dtmf()?;
    while !dtmf.can_insert() {
        show("State", &"connecting");
        TimeoutFuture::new(50).await;
    }

    show("State", &"playing");
    let mut keys = Keys { played: String::new(), show: &show };
    match example {
        "cut" => cut_off(&dtmf, &mut keys).await?,
        "append" => append(&dtmf, &mut keys).await?,
        "lengths" => two_lengths(&dtmf, &mut keys).await?,
        _ => keys.follow(dtmf.insert(&tones("1234")?, half_a_second())?).await,
    }
    show("State", &"finished");
    show("In the buffer", &format_args!("“{}”", dtmf.tone_buffer()));
    pending().await
}

/// Plays "123", and cancels it after the "2".
async fn cut_off(dtmf: &DtmfSender, keys: &mut Keys<'_, impl Fn(&str, &dyn Display)>) -> Result<()> {
    let mut play_out = dtmf.insert(&tones("123")?, half_a_second())?;
    while let Some(tone) = play_out.next().await {
        keys.light(tone);
        if tone.as_char() == '2' {
            dtmf.cancel()?;
        }
    }
    Ok(())
}

/// Plays "12", and appends "34" while it plays.
async fn append(dtmf: &DtmfSender, keys: &mut Keys<'_, impl Fn(&str, &dyn Display)>) -> Result<()> {
    let play_out = dtmf.insert(&tones("12")?, half_a_second())?;
    let _same_play_out = dtmf.append(&tones("34")?)?;
    keys.follow(play_out).await;
    Ok(())
}

/// Plays "1" for one second, and then "2" for two seconds.
async fn two_lengths(dtmf: &DtmfSender, keys: &mut Keys<'_, impl Fn(&str, &dyn Display)>) -> Result<()> {
    keys.follow(dtmf.insert(&tones("1")?, Timing::new().duration(Duration::from_secs(1)))?).await;
    keys.follow(dtmf.insert(&tones("2")?, Timing::new().duration(Duration::from_secs(2)))?).await;
    Ok(())
}

/// The keys that have played, and the one that is lit.
struct Keys<'a, S> {
    played: String,
    show: &'a S,
}

impl<S: Fn(&str, &dyn Display)> Keys<'_, S> {
    /// Lights each key until the next tone, and the last one until the end.
    async fn follow(&mut self, mut play_out: PlayOut) {
        while let Some(tone) = play_out.next().await {
            self.light(tone);
        }
        (self.show)("Key", &"none");
    }

    fn light(&mut self, tone: browser_rtc::dtmf::Tone) {
        self.played.push(tone.as_char());
        (self.show)("Key", &tone);
        (self.show)("Played", &self.played);
    }
}

fn tones(text: &str) -> Result<Tones> {
    Ok(text.parse()?)
}

fn half_a_second() -> Timing {
    Timing::new().duration(Duration::from_millis(500))
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
