export { joinRoom } from "browser-rtc";
