const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => (document.body.dataset.outcome = data);
worker.onerror = ({ message }) => (document.body.dataset.outcome = message);
