"use client";

import { useEffect, useState } from "react";
import { call } from "../call.js";

export function Caller() {
  const [outcome, show] = useState();
  useEffect(() => {
    call().then(show, (error) => show(`${error.name}: ${error.message}`));
  }, []);
  return <p data-outcome={outcome}>{outcome}</p>;
}
