/** What went wrong, in words, at the top of the page. */

import { button, byId, el } from "./dom.js";

let onSignedOut = () => {};

/** Say what happens when the service no longer knows the key. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

/** Show an error until it is dismissed. One that a person caused by stopping something is none. */
export function report(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) onSignedOut();
  const text = error.status === undefined ? "This page made a mistake. Reload it, and tell the operator if it stays." : error.message;
  if (error.status === undefined) console.error(error);
  const line = el("div", { class: "problem" }, el("p", {}, text));
  if (error.requestId) line.append(el("p", { class: "faint" }, `Request ${error.requestId}`));
  line.append(button("Dismiss", () => line.remove()));
  byId("problems").replaceChildren(line);
}

/** Take away what is shown. */
export function clearProblems() {
  byId("problems").replaceChildren();
}

/** Return a listener that reports what goes wrong in another one. */
export function reporting(listener) {
  return async (...given) => {
    try {
      await listener(...given);
    } catch (error) {
      report(error);
    }
  };
}
