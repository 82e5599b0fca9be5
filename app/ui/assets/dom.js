/** Making elements. All text goes in as text, never as markup. */

/** Return the element of this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Make an element. `props` are attributes, except for `on`, which holds listeners; false and null leave one out.
 * Children are elements or texts.
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Make a button that does something. */
export function button(text, listener, props = {}) {
  return el("button", { type: "button", class: "quiet", on: { click: listener }, ...props }, text);
}

/** Tell people who hear the page, not see it. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Return a date and a time in the words of the reader's own language; `seconds` since 1970. */
export function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Return the name of a file's parts that have numbers, `Page` or `Slide`; empty for kinds without. */
export function partOf(filename) {
  if (/\.pdf$/i.test(filename)) return "Page";
  return /\.pptx$/i.test(filename) ? "Slide" : "";
}

/** Return a number with its noun: `1 page`, `3 pages`. */
export function count(number, noun) {
  return `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
}
