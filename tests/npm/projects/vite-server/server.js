// Rendered on a server: the bundle contains the package.
import { isSupported } from "browser-rtc";

console.log(`on the server: ${isSupported()}`);
