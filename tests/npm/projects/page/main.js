import { call } from "./call.js";

const show = (outcome) => (document.body.dataset.outcome = outcome);
call().then(show, (error) => show(`${error.name}: ${error.message}`));
