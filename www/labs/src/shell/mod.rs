//! The page around the labs.

mod bench;
mod highlight;
mod page;
mod texts;

use std::pin::pin;

use browser_rtc::{Error, EventStream, Result};
use futures::{
    FutureExt, StreamExt,
    future::{Either, LocalBoxFuture, select},
};
use web_sys::Window;

pub use self::bench::Bench;
use self::page::{Outcome, Page};

/// A lab, with the source that is shown beside it.
pub struct Lab {
    /// The name, which is the fragment of the URL and the id of the template.
    pub name: &'static str,
    pub source: &'static str,
    pub run: fn(Bench) -> LocalBoxFuture<'static, Result<()>>,
}

/// Opens the lab that the URL names, until it names another one.
pub async fn run(labs: &[Lab]) -> Result<()> {
    let window = web_sys::window().ok_or_else(|| Error::other("open", "there is no window"))?;
    let page = Page::find(&window)?;
    let _copies = page.copies_source();
    let mut moves = EventStream::listen(&window, "hashchange", |_| Some(()));
    loop {
        let name = fragment(&window);
        match labs.iter().find(|lab| lab.name == name) {
            Some(lab) => {
                page.open(lab)?;
                // Dropping the lab releases everything that it holds.
                match select(pin!(work(&page, lab)), moves.next()).await {
                    Either::Left((ended, _)) => return ended,
                    Either::Right(_) => {}
                }
            }
            None => {
                page.show_index();
                moves.next().await;
            }
        }
    }
}

/// Starts the lab, stops it, and starts it again, as the user wishes.
async fn work(page: &Page, lab: &Lab) -> Result<()> {
    let (mut clicks, mut submits) = (page.clicks(), page.submits());
    page.show_outcome(&Outcome::Ready);
    loop {
        select(clicks.next(), submits.next()).await;
        let bench = page.bench(lab)?;
        page.show_outcome(&Outcome::Running);
        let outcome = match select((lab.run)(bench), clicks.next()).await {
            Either::Left((Ok(()), _)) => Outcome::Finished,
            Either::Left((Err(error), _)) => Outcome::Failed(error),
            Either::Right((_, running)) => {
                drop(running);
                Outcome::Stopped
            }
        };
        page.show_outcome(&outcome);
        // A submission while the lab was running is no start.
        while submits.next().now_or_never().flatten().is_some() {}
    }
}

fn fragment(window: &Window) -> String {
    window.location().hash().ok().and_then(|hash| hash.strip_prefix('#').map(str::to_owned)).unwrap_or_default()
}
