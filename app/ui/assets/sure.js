/** A dialog that asks before something is done, or for one line of text. */

import { byId } from "./dom.js";

/** Ask whether to go on; returns whether the answer was yes. */
export async function sure(title, text, yes) {
  return (await open(title, text, yes, null)) !== null;
}

/** Ask for a line of text; returns null when it was called off. `field` is `{ label, value, pattern, hint }`. */
export function line(title, text, yes, field) {
  return open(title, text, yes, field);
}

function open(title, text, yes, field) {
  const dialog = byId("sure");
  const input = byId("sure-value");
  byId("sure-title").textContent = title;
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  byId("sure-yes").classList.toggle("danger", field === null);
  byId("sure-field").hidden = field === null;
  byId("sure-label").textContent = field?.label ?? "";
  input.value = field?.value ?? "";
  input.required = field !== null;
  if (field?.pattern) input.pattern = field.pattern;
  else input.removeAttribute("pattern");
  input.title = field?.hint ?? "";
  return new Promise((resolve) => {
    let answer = null;
    byId("sure-no").onclick = () => dialog.close();
    byId("sure-form").onsubmit = (event) => {
      event.preventDefault();
      answer = input.value.trim();
      dialog.close();
    };
    dialog.onclose = () => resolve(answer); // the browser gives the focus back to where it was
    dialog.showModal();
    (field ? input : byId("sure-no")).focus();
  });
}
