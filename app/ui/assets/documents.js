/** The list of a client's documents. */

import { call } from "./api.js";
import { announce, button, byId, count, el, partOf } from "./dom.js";
import { reporting } from "./problems.js";
import { sure } from "./sure.js";

const MOST = 1000;
const STATES = { indexing: "Being read", ready: "Ready", deleting: "Being deleted" };

let client = "";
let documents = [];
let total = 0;
let onChange = () => {};

/** Show what is left in the list whenever its filter changes; `changed` is told how many documents there are. */
export function start(changed) {
  onChange = changed;
  byId("filter").addEventListener("input", draw);
}

/** Load and show the documents of a client; one that is yet to be made has none. */
export async function show(wanted) {
  if (client !== wanted) {
    // Nobody is to see another client's documents while these are on their way.
    client = wanted;
    [documents, total] = [[], 0];
    draw();
  }
  try {
    const page = await call("GET", "/api/v1/documents", { query: { client_id: client, limit: MOST } });
    if (client !== wanted) return; // another one was chosen meanwhile
    ({ documents, total } = page);
  } catch (error) {
    if (error.status !== 404) throw error;
    if (client !== wanted) return;
    [documents, total] = [[], 0];
  }
  draw();
  onChange(total);
}

function draw() {
  const words = byId("filter").value.trim().toLowerCase();
  const fits = (one) => [one.filename, ...one.tags].some((text) => text.toLowerCase().includes(words));
  const shown = words ? documents.filter(fits) : documents;
  byId("document-list").replaceChildren(...shown.map(row));
  byId("filter").hidden = !documents.length;
  byId("document-count").textContent = counted(shown.length, words);
}

function counted(shown, words) {
  if (words) return `${shown} of ${count(documents.length, "document")}`;
  return documents.length < total ? `The newest ${MOST} of ${count(total, "document")}` : "";
}

function row(one) {
  const facts = [one.type.toUpperCase(), partOf(one.filename) && count(one.pages, partOf(one.filename).toLowerCase()), STATES[one.status] ?? one.status];
  const warned = one.warnings.length > 0;
  return el(
    "li",
    { class: "row" },
    el(
      "div",
      { class: "grow" },
      el("p", { class: "name" }, one.filename),
      el("p", { class: "faint" }, facts.filter(Boolean).join(" · ")),
      one.tags.length > 0 && el("p", { class: "tags" }, ...one.tags.map((tag) => el("span", { class: "tag" }, tag))),
      warned && el("details", { class: "faint" }, el("summary", {}, "Not all could be read"), el("p", {}, one.warnings.join(" "))),
    ),
    button("Delete", reporting(() => remove(one)), { "aria-label": `Delete ${one.filename}` }),
  );
}

async function remove(one) {
  const text = "Answers no longer use it. This cannot be undone.";
  if (!(await sure(`Delete ${one.filename}?`, text, "Delete"))) return;
  await call("DELETE", `/api/v1/documents/${encodeURIComponent(one.document_id)}`, { query: { client_id: client } });
  announce(`${one.filename} is deleted.`);
  await show(client);
  byId("documents-title").focus();
}
