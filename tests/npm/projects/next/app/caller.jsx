"use client";

import { useEffect, useState } from "react";
import { call } from "../call.js";

export function Caller() {
  const [outcome, show] = useState();
  useEffect(() => {
    // In development, React runs each effect twice, and ends the first run before the second one.
    const abort = new AbortController();
    const failed = (error) => abort.signal.aborted || show(`${error.name}: ${error.message}`);
    call(abort.signal).then(show, failed);
    return () => abort.abort();
  }, []);
  return <p data-outcome={outcome}>{outcome}</p>;
}
