// Counts the handles of the raw module: each object and each callback that has memory in WebAssembly is registered for
// finalization. This module is imported before the raw one.
const Registry = globalThis.FinalizationRegistry;
let live = 0;

globalThis.FinalizationRegistry = class extends Registry {
  constructor(free) {
    super((held) => {
      live -= 1;
      free(held);
    });
  }

  register(target, held, token) {
    live += 1;
    super.register(target, held, token);
  }

  unregister(token) {
    const registered = super.unregister(token);
    if (registered) live -= 1;
    return registered;
  }
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Collects garbage until the number of handles is at most `most`, for at most `limit` milliseconds. Returns the number. */
export async function collected(most, limit) {
  const deadline = performance.now() + limit;
  while (live > most && performance.now() < deadline) {
    // Chrome has the function because of a flag. Firefox collects garbage when a page has created enough of it.
    if (globalThis.gc) gc();
    else for (let count = 0; count < 100; count += 1) new Uint8Array(1 << 20);
    await sleep(20);
  }
  return live;
}
