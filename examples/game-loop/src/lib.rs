//! A game for two players, whose loop polls the data channel in each animation frame. Only connecting is async.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{
    ErrorKind, Listener, Result,
    channel::{ChannelInit, Typed},
    room::{Call, Join, Room},
    signaling::{self, ErrorCode},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Element, PointerEvent};

/// The position of a player on the field, in pixels. It is sent in each frame.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Position {
    frame: u32,
    x: f64,
    y: f64,
}

struct Game {
    me: Position,
    opponent: Position,
    positions: Typed<Position>,
    pointer: Rc<Cell<(f64, f64)>>,
    _pointer_moves: Listener,
    _call: Call,
}

impl Game {
    fn new(call: Call, positions: Typed<Position>) -> Self {
        let pointer = Rc::new(Cell::default());
        let moved = pointer.clone();
        let pointer_moves = Listener::new(&element("field"), "pointermove", move |event| {
            let event: PointerEvent = event.unchecked_into();
            moved.set((f64::from(event.offset_x()), f64::from(event.offset_y())));
        });
        let (me, opponent) = (Position::default(), Position::default());
        Self { me, opponent, positions, pointer, _pointer_moves: pointer_moves, _call: call }
    }

    /// Computes and draws one frame. Fails when the opponent has left.
    fn update(&mut self) -> Result<()> {
        let (x, y) = self.pointer.get();
        self.me.frame += 1;
        self.me.x += (x - self.me.x) / 8.0;
        self.me.y += (y - self.me.y) / 8.0;
        match self.positions.try_send(&self.me) {
            // The network is slow: the next frame sends a newer position.
            Err(error) if *error.kind() == ErrorKind::WouldBlock => {}
            sent => sent?,
        }
        while let Some(position) = self.positions.try_receive()? {
            // Positions may arrive out of order.
            if position.frame > self.opponent.frame {
                self.opponent = position;
            }
        }
        draw("me", self.me);
        draw("opponent", self.opponent);
        Ok(())
    }
}

/// Runs the game in each animation frame until it ends.
fn run(mut game: Game) {
    let frame = Closure::once_into_js(move || match game.update() {
        Ok(()) => run(game),
        Err(error) => show_status(&error.to_string()),
    });
    web_sys::window().unwrap().request_animation_frame(frame.unchecked_ref()).unwrap();
}

#[wasm_bindgen(start)]
async fn start() {
    match connect().await {
        Ok(game) => run(game),
        Err(error) => show_status(&error.to_string()),
    }
}

/// Joins the room, and connects to the other player.
async fn connect() -> Result<Game> {
    let url = signaling::url_of_this_page()?;
    let room = match Room::join(&url, Join::new("game", "Player 1")).await {
        Err(error) if error.signaling_code() == Some(ErrorCode::NameTaken) => {
            Room::join(&url, Join::new("game", "Player 2")).await?
        }
        joined => joined?,
    };
    let call = if let Some(peer) = room.peers().first() {
        room.call(&peer.id, None).await?
    } else {
        show_status("Waiting for another player");
        room.next_call().await?.accept(None).await?
    };
    let positions = Typed::new(call.channel_with("positions", &ChannelInit::unreliable()).await?);
    show_status(&format!("You are {}", room.me().name));
    Ok(Game::new(call, positions))
}

fn draw(id: &str, Position { x, y, .. }: Position) {
    let style = format!("translate: {x:.0}px {y:.0}px");
    element::<Element>(id).set_attribute("style", &style).unwrap();
}

fn show_status(text: &str) {
    element::<Element>("status").set_text_content(Some(text));
}

/// Returns an element of `index.html`.
fn element<T: JsCast>(id: &str) -> T {
    let document = web_sys::window().unwrap().document().unwrap();
    document.get_element_by_id(id).unwrap().unchecked_into()
}
