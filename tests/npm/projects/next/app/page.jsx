import { isSupported } from "browser-rtc";
import { Caller } from "./caller.jsx";

export default function Page() {
  return (
    <>
      <p>On the server: {String(isSupported())}</p>
      <Caller />
    </>
  );
}
