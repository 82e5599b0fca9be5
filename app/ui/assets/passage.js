/** A dialog with the passage that an answer cites, highlighted within the text around it. */

import { call } from "./api.js";
import { byId, el, partOf } from "./dom.js";
import { closest, find } from "./text.js";

const AROUND = 1200; // characters of text shown before the passage, and after it
const GONE = "This document is no longer stored.";

/** Close the dialog with its button. */
export function start() {
  byId("passage-close").addEventListener("click", () => byId("passage").close());
}

/**
 * Show where a source stands in its document; `said` is the statement that cites it: the sentence that
 * says so is marked.
 */
export async function open(client, source, said = "") {
  byId("passage-title").textContent = source.source;
  byId("passage-place").textContent = placeOf(source);
  byId("passage-note").hidden = true;
  byId("passage-text").replaceChildren(el("p", { class: "faint" }, "Loading the passage"));
  byId("passage").showModal();
  byId("passage-text").focus();
  let parts;
  try {
    parts = divided(await near(client, source), source);
  } catch (error) {
    note(error.status === 404 ? GONE : error.message);
    parts = { before: "", cited: source.content ?? "", after: "" };
  }
  draw(parts, said);
}

/** Say where in its document a source is: page and section, as far as there are any. */
export function placeOf(source) {
  const part = partOf(source.source);
  return [part && `${part} ${source.page}`, source.section].filter(Boolean).join(" · ");
}

/** Return the pieces of the document around the source, from the pages of pieces that the service gives. */
async function near(client, source) {
  const path = `/api/v1/documents/${encodeURIComponent(source.document_id)}/chunks`;
  const found = [];
  let cursor = "";
  do {
    const page = await call("GET", path, { query: { client_id: client, limit: 500, cursor } });
    found.push(...page.chunks.filter((one) => one.end > source.start - AROUND && one.start < source.end + AROUND));
    cursor = page.chunks.some((one) => one.start > source.end + AROUND) ? "" : (page.next_cursor ?? "");
  } while (cursor);
  return found;
}

/** Put the pieces together, which may overlap, and divide the text at the ends of the source. */
function divided(pieces, source) {
  const parts = { before: "", cited: "", after: "" };
  let reached = null;
  for (const piece of pieces) {
    const points = Array.from(piece.text);
    const gap = reached === null || piece.start <= reached ? "" : piece.start - reached === 1 ? " " : "\n\n";
    const exact = points.length === piece.end - piece.start; // rows of a table have its header before them
    const skipped = exact && reached !== null ? Math.max(0, reached - piece.start) : 0;
    const from = piece.start + skipped;
    const at = (place) => (exact ? Math.max(skipped, place - piece.start) : place > from ? points.length : 0);
    const text = (start, end) => points.slice(start, end).join("");
    const [first, last] = [at(source.start), at(source.end)];
    parts[from <= source.start ? "before" : from < source.end ? "cited" : "after"] += gap;
    parts.before += text(skipped, first);
    parts.cited += text(first, last);
    parts.after += text(Math.max(last, skipped), points.length);
    reached = Math.max(reached ?? 0, piece.end);
  }
  return parts;
}

function draw({ before, cited, after }, said) {
  const quoted = find(cited, said) ?? closest(cited, said);
  const mark = quoted
    ? el("mark", {}, cited.slice(0, quoted[0]), el("strong", {}, cited.slice(...quoted)), cited.slice(quoted[1]))
    : el("mark", {}, cited);
  byId("passage-text").replaceChildren(shortened(before, -AROUND), mark, shortened(after, AROUND));
  (mark.querySelector("strong") ?? mark).scrollIntoView({ block: quoted ? "center" : "start" });
}

/** Return at most so many characters of a text: of its end for a negative number. */
function shortened(text, most) {
  if (text.length <= Math.abs(most)) return text;
  return most < 0 ? `… ${text.slice(most).replace(/^\S*\s/, "")}` : `${text.slice(0, most).replace(/\s\S*$/, "")} …`;
}

function note(text) {
  byId("passage-note").textContent = text;
  byId("passage-note").hidden = false;
}
