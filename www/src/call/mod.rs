//! A call that both sides have accepted.

mod controls;
mod devices;
mod level;
mod own;
mod quality;
mod recovery;
mod remote;
mod screen;
mod state;
mod tiles;

use std::{future::Future, pin::pin};

use browser_rtc::{Result, media, room::Call};
use futures::{FutureExt, StreamExt, channel::mpsc, join, select_biased};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlVideoElement};

use self::{
    controls::Controls,
    devices::Devices,
    own::Own,
    screen::Screen,
    tiles::{Picture, Tile},
};
use crate::{
    capture::LocalMedia,
    dom::{self, Dom, MissingElement, Shown},
    notices::{Code, Note},
    page::Page,
    panels::{capture, chat, files, inspector, keypad},
    texts,
    ui::corner::MovablePicture,
};

pub struct CallView {
    section: HtmlElement,
    name: Element,
    local_video: HtmlVideoElement,
    hang_up: HtmlButtonElement,
    /// The peer, and the screen of the peer.
    person: Tile,
    screen: Tile,
    controls: Controls,
    share: Screen,
    devices: Devices,
    _own_picture: MovablePicture,
}

impl CallView {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            section: dom.get("call")?,
            name: dom.get("call-name")?,
            local_video: dom.get("local-video")?,
            hang_up: dom.get("hang-up")?,
            screen: Tile::new(dom, "remote-screen", "tile tile-screen")?,
            person: Tile::new(dom, "remote-video", "tile")?,
            controls: Controls::find(dom)?,
            share: Screen::find(dom)?,
            devices: Devices::find(dom)?,
            _own_picture: MovablePicture::find(dom)?,
        })
    }

    fn show(&self, name: &str) -> ShownCall<'_> {
        self.name.set_text_content(Some(name));
        self.person.reset(name, name, Picture::Waiting);
        self.person.set_visible(true);
        self.screen.reset(name, &texts::call::screen_of(name), Picture::Live);
        ShownCall { view: self, _section: Shown::new(&self.section) }
    }
}

/// Shows a call until this is dropped.
struct ShownCall<'a> {
    view: &'a CallView,
    _section: Shown<'a>,
}

impl Drop for ShownCall<'_> {
    fn drop(&mut self) {
        // An element can always be emptied.
        let _ = self.view.person.show(None).and_then(|()| self.view.screen.show(None));
        self.view.screen.set_visible(false);
    }
}

/// Runs a call until either side ends it. Owns everything that belongs to the call, and releases it at the end.
pub async fn talk(page: &Page, call: &Call, local: &LocalMedia) -> Note {
    let name = &*call.peer().name;
    let view = page.call.show(name);
    page.panels.clear_news();
    page.panels.select("chat");
    let talking = page.notices.hold(Note::new(Code::InCall, texts::call::talking(name)));
    let (own_states, own_changes) = mpsc::unbounded();
    let (peer_states, peer_changes) = mpsc::unbounded();
    let own = match Own::new(call, local.stream.as_ref(), own_states) {
        Ok(own) => own,
        Err(error) => {
            page.notices.fail_unless_closed(&error);
            call.hang_up();
            return texts::ended(&call.ended().await, name);
        }
    };
    let mut parts = pin!(
        async {
            join!(
                report_failure(page, preview(&page.call, call, &own)),
                report_failure(page, remote::run(page, call, peer_changes)),
                report_failure(page, state::exchange(call, own_changes, peer_states)),
                controls::run(page, &own),
                report_failure(page, devices::run(page)),
                screen::run(page, &own),
                report_failure(page, level(&page.call.person, call)),
                recovery::run(page, call),
                report_failure(page, chat::run(page, call)),
                report_failure(page, files::run(page, call)),
                report_failure(page, keypad::run(page, call)),
                report_failure(page, capture::run(page, call, |recording| own.set_recording(recording))),
                report_failure(page, inspector::run(page, call)),
            )
        }
        .fuse()
    );
    let mut hang_up = dom::clicks(&page.call.hang_up);
    let mut ended = call.ended().fuse();
    let reason = loop {
        select_biased! {
            reason = ended => break reason,
            () = hang_up.select_next_some() => call.hang_up(),
            _ = parts => {}
        }
    };
    drop((view, talking));
    // What has failed in the call no longer matters.
    page.notices.clear_failure();
    texts::ended(&reason, name)
}

/// Runs a part of the call. If the part fails, the other parts of the call continue.
async fn report_failure(page: &Page, part: impl Future<Output = Result<()>>) {
    if let Err(error) = part.await {
        page.notices.fail_unless_closed(&error);
    }
}

/// Shows the user's picture, whose track changes with the camera.
async fn preview(view: &CallView, call: &Call, own: &Own<'_>) -> Result<()> {
    let _shown = media::show(&view.local_video, &own.stream)?;
    call.ended().await;
    Ok(())
}

/// Shows how loud the peer is.
async fn level(tile: &Tile, call: &Call) -> Result<()> {
    level::run(tile, &call.remote_stream().await?).await
}
