// Large and packed messages of data channels. This entry is separate, so that pages without them do not load them.

export { LargeMessages } from "./large.js";
export type { LargeOptions } from "./large.js";
export { PackedMessages } from "./packed.js";
export type { PackedOptions } from "./packed.js";
