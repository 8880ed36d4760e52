use browser_rtc::channel::ChannelInit;
use wasm_bindgen_test::wasm_bindgen_test;
use super::support::{js, pair::Pair, rest};
#[wasm_bindgen_test]
async fn zz() {
    for i in 0..25u32 {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        js::run("c, i, a", &[b.as_raw(), &i.into(), a.as_raw()], "
          let log = window.zlog = []; let n = 0;
          log.push('b ' + c.readyState, 'a ' + a.readyState);
          c.addEventListener('message', () => n++ == 0 && log.push('first message'));
          c.addEventListener('closing', () => log.push('closing'+n));
          c.addEventListener('error', e => log.push('error'+e.error));
          a.addEventListener('error', e => log.push('aerror'+e.error));
          c.addEventListener('close', () => { log.push('close ' + n); });
          a.addEventListener('close', () => { log.push('a close ' + n); })");
        for number in 0..64 { a.send_now(&vec![number; 16 * 1024]).unwrap(); }
        a.close();
        let n = rest(b, "x").await.len() as u32;
        js::run("i, n", &[&i.into(), &n.into()], "console.log(i, n, window.zlog.join())");
    }
}
