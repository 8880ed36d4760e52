export { joinRoom } from "browser-rtc/inline";
