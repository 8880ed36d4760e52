//! A call that both sides have accepted.

use std::{future::Future, pin::pin};

use browser_rtc::{
    Result,
    media::{self, MediaStreamTrack},
    room::Call,
    session::SessionEvent,
};
use futures::{FutureExt, StreamExt, join, select_biased};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlVideoElement};

use crate::{
    capture::LocalMedia,
    dom::{self, Dom, MissingElement, Shown},
    notices::{Code, Note},
    page::Page,
    panels::{capture, chat, files, inspector, keypad},
    texts,
};

pub struct CallView {
    section: HtmlElement,
    name: Element,
    avatar: Element,
    waiting: HtmlElement,
    local_video: HtmlVideoElement,
    remote_video: HtmlVideoElement,
    toggle_microphone: HtmlButtonElement,
    toggle_camera: HtmlButtonElement,
    hang_up: HtmlButtonElement,
}

impl CallView {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            section: dom.get("call")?,
            name: dom.get("call-name")?,
            avatar: dom.get("call-avatar")?,
            waiting: dom.get("waiting-video")?,
            local_video: dom.get("local-video")?,
            remote_video: dom.get("remote-video")?,
            toggle_microphone: dom.get("toggle-microphone")?,
            toggle_camera: dom.get("toggle-camera")?,
            hang_up: dom.get("hang-up")?,
        })
    }

    fn show(&self, name: &str) -> Shown<'_> {
        self.name.set_text_content(Some(name));
        self.avatar.set_text_content(Some(&dom::initial(name)));
        self.waiting.set_hidden(false);
        Shown::new(&self.section)
    }
}

/// Runs a call until either side ends it. Owns everything that belongs to the call, and releases it at the end.
pub async fn talk(page: &Page, call: &Call, local: &LocalMedia) -> Note {
    let name = &*call.peer().name;
    let _view = page.call.show(name);
    page.panels.select("chat");
    page.notices.show(Note::new(Code::InCall, format!("You are talking to {name}.")));
    let mut parts = pin!(
        async {
            join!(
                report_failure(page, local_video(&page.call, call, local)),
                report_failure(page, remote_video(page, call)),
                mute(&page.call.toggle_microphone, local.microphone()),
                mute(&page.call.toggle_camera, local.camera()),
                report_failure(page, chat::run(page, call)),
                report_failure(page, files::run(page, call)),
                report_failure(page, keypad::run(page, call)),
                report_failure(page, capture::run(page, call)),
                report_failure(page, inspector::run(page, call)),
                report_recovery(page, call),
            )
        }
        .fuse()
    );
    let mut hang_up = dom::clicks(&page.call.hang_up);
    let mut ended = call.ended().fuse();
    loop {
        select_biased! {
            reason = ended => return texts::ended(&reason, name),
            () = hang_up.select_next_some() => call.hang_up(),
            _ = parts => {}
        }
    }
}

/// Runs a part of the call. If the part fails, the other parts of the call continue.
async fn report_failure(page: &Page, part: impl Future<Output = Result<()>>) {
    if let Err(error) = part.await {
        page.notices.fail_unless_closed(&error);
    }
}

/// Shows when the connection to the peer is interrupted, and when it has recovered.
async fn report_recovery(page: &Page, call: &Call) {
    let name = call.peer().name;
    let mut events = call.events();
    while let Some(event) = events.next().await {
        page.notices.show(match event {
            SessionEvent::Reconnecting { .. } => {
                Note::new(Code::CallReconnecting, format!("The connection to {name} is interrupted. Reconnecting…"))
            }
            SessionEvent::Recovered => Note::new(Code::CallRecovered, format!("The connection to {name} is restored.")),
            _ => continue,
        });
    }
}

async fn local_video(view: &CallView, call: &Call, local: &LocalMedia) -> Result<()> {
    let _shown = local.stream.as_ref().map(|stream| media::show(&view.local_video, stream)).transpose()?;
    call.ended().await;
    Ok(())
}

async fn remote_video(page: &Page, call: &Call) -> Result<()> {
    let video = &page.call.remote_video;
    let shown = media::show(video, &call.remote_stream().await?)?;
    while let Err(error) = shown.play().await {
        // A browser may require a click before it plays sound.
        page.notices.fail(texts::failure(&error));
        dom::clicks(video).select_next_some().await;
        page.notices.clear_failure();
    }
    page.call.waiting.set_hidden(true);
    call.ended().await;
    Ok(())
}

/// Mutes and unmutes the track by the button. A muted track sends silence or black frames.
async fn mute(button: &HtmlButtonElement, track: Option<MediaStreamTrack>) {
    let mut clicks = dom::clicks(button);
    let mut muted = false;
    loop {
        dom::set_attribute(button, "aria-pressed", if muted { "true" } else { "false" });
        if let Some(track) = &track {
            track.set_enabled(!muted);
        }
        clicks.select_next_some().await;
        muted = !muted;
    }
}
