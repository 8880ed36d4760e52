// The program of the room, which arrives when the test dispatches the event `release` on the window.
await new Promise((resolve) => addEventListener("release", resolve, { once: true }));
export * from "/program/browser_rtc_demo.js";
export { default } from "/program/browser_rtc_demo.js";
