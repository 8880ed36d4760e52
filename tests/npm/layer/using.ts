// Explicit resource management, which TypeScript has since 5.2.
import { joinRoom, type IncomingCall } from "browser-rtc";
import { LargeMessages } from "browser-rtc/channels";
import { record } from "browser-rtc/media";
import { createSession } from "browser-rtc/session";

export async function greet(url: string): Promise<void> {
  using room = await joinRoom(url, { room: "lobby", name: "Ada" });
  for await (const event of room) {
    if (event.type === "incoming") return answer(event.call);
  }
}

async function answer(ringing: IncomingCall): Promise<void> {
  using incoming = ringing;
  await using call = await incoming.accept();
  await using chat = await call.channel("chat");
  await chat.send("hello");
  using recording = record(await call.remoteStream());
  console.log((await recording.stop()).size);
  const files = (await call.channel("files")).files();
  using outgoing = await files.offer(new Blob(["text"]));
  for await (const offered of files) {
    using offer = offered;
    using file = offer.accept();
    await file.finished();
    using partial = await file.partial();
    console.log(partial?.id, outgoing.id);
    return;
  }
}

export async function share(channel: BroadcastChannel): Promise<void> {
  await using session = await createSession(channel);
  using chat = await session.channel("chat", { negotiated: true, id: 1 });
  await using large = new LargeMessages(chat);
  await large.send("hello");
}
