/** One question with its answer: the text, what it rests on beside it, and what people think of it. */

import { call } from "./api.js";
import { button, count, el } from "./dom.js";
import { open, placeOf } from "./passage.js";
import { reporting } from "./problems.js";
import { cut, numbered, statement } from "./text.js";

const SNIPPET = 140;
const CLOSING = /^[.,;:!?)»”]+/; // no line begins with the full stop after a citation
const READ = {
  whole: "read whole", digest: "read part by part", passages: "read in the passages that fit",
  sentences: "its most central sentences",
};
const CUT = {
  length: "The answer was cut because it reached the longest length that is set.",
  content_filter: "The model's service held back the rest of the answer.",
};

/**
 * Make a turn, to be filled while its answer arrives. `whose` is `{ client, session }`; the session is known with the
 * first event.
 */
export function turn(question, whose) {
  const text = el("div", { class: "answer" });
  const extra = el("div", { class: "extra" });
  const beside = el("aside", { class: "sources", "aria-label": "Sources", hidden: true });
  const body = el("div", { class: "said" }, text, extra);
  const node = el("article", { class: "turn" }, el("h3", { class: "asked" }, question), el("div", { class: "both" }, body, beside));
  return {
    node,
    /** Add a piece of the answer. */
    add: (piece) => text.append(piece),
    /** Say in what state the answer is, in place of what was said before; an empty text says nothing. */
    note: (words) => extra.replaceChildren(...(words ? [el("p", { class: "note" }, words)] : [])),
    /** Show the sources, as soon as they are known. */
    sources: (sources) => fillSources(beside, sources, whose, () => text.textContent),
    /** Show the whole answer with all that belongs to it. */
    finish: (answer) => {
      const openSource = (source, said) => open(whose.client, source, said);
      text.replaceChildren(...withCitations(answer, openSource));
      fillSources(beside, answer.sources, whose, () => answer.response);
      extra.replaceChildren(...remarks(answer), rating(answer, whose));
    },
  };
}

/** Return the answer's text with a button for each citation. */
function withCitations(answer, openSource) {
  const sources = new Map(answer.sources.map((source) => [source.citation, source]));
  const nodes = [];
  let joined = null;
  for (const { text, place } of cut(answer.response, numbered(answer.response, new Set(sources.keys())))) {
    const source = place && sources.get(place.number);
    if (source) {
      joined = el("span", { class: "joined" }, citation(source, () => openSource(source, statement(answer.response, place.start))));
      nodes.push(joined);
    } else {
      const [closing] = (joined && CLOSING.exec(text)) ?? [""];
      joined?.append(closing);
      nodes.push(text.slice(closing.length));
      joined = null;
    }
  }
  return nodes;
}

function citation(source, listener) {
  const label = [`Source ${source.citation}: ${source.source}`, placeOf(source)].filter(Boolean).join(", ");
  return button(String(source.citation), listener, { class: "cite", "aria-label": label, title: label });
}

/** Show the sources that are cited, and the others below a fold. */
function fillSources(beside, sources, whose, answer) {
  const cited = sources.filter((source) => source.cited);
  const others = sources.filter((source) => !source.cited);
  const line = (source) => sourceLine(source, () => open(whose.client, source, saidOf(answer(), source)));
  beside.hidden = !sources.length;
  beside.replaceChildren();
  if (cited.length) beside.append(el("ol", {}, ...cited.map(line)));
  if (!others.length) return;
  const looked = cited.length ? `${count(others.length, "more passage")} looked at` : `${count(others.length, "passage")} found`;
  beside.append(el("details", {}, el("summary", {}, looked), el("ol", {}, ...others.map(line))));
}

function saidOf(answer, source) {
  const [place] = numbered(answer, new Set([source.citation]));
  return place ? statement(answer, place.start) : "";
}

function sourceLine(source, listener) {
  const snippet = (source.content ?? "").replace(/\s+/g, " ").slice(0, SNIPPET);
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "source", on: { click: listener } },
      el("span", { class: "number" }, String(source.citation)),
      el(
        "span",
        { class: "grow" },
        el("span", { class: "name" }, source.source),
        placeOf(source) && el("span", { class: "faint" }, placeOf(source)),
        snippet && el("span", { class: "snippet" }, `${snippet}…`),
      ),
    ),
  );
}

/** Return what is to be said about the answer, calmly. */
function remarks(answer) {
  const found = [];
  if (answer.grounded === false && answer.intent === "search") found.push("This answer does not rest on your documents.");
  if (CUT[answer.finish_reason]) found.push(CUT[answer.finish_reason]);
  for (const one of answer.coverage ?? []) {
    found.push(`${one.source}: ${READ[one.how]}, ${one.pages_read} of ${count(one.pages, "page")}.`);
  }
  const computed = answer.computation;
  if (computed) found.push(`Computed from ${computed.source}: ${computed.plan} (${count(computed.row_count, "row")}).`);
  return found.map((text) => el("p", { class: "note" }, text));
}

/** Return the two buttons that rate an answer; pressing one again takes the rating back. */
function rating(answer, whose) {
  const row = el("div", { class: "rating", role: "group", "aria-label": "Rate this answer" });
  if (!answer.message_id) return row;
  let rated = answer.rating ?? null;
  const path = `/api/v1/sessions/${encodeURIComponent(whose.session)}/messages/${encodeURIComponent(answer.message_id)}/feedback`;
  const buttons = { up: "Helpful", down: "Not helpful" };
  const draw = () => {
    for (const one of row.children) one.setAttribute("aria-pressed", String(one.dataset.rating === rated));
  };
  const rate = reporting(async (wanted) => {
    const query = { client_id: whose.client };
    if (rated === wanted) await call("DELETE", path, { query });
    else await call("POST", path, { query, body: { rating: wanted } });
    rated = rated === wanted ? null : wanted;
    draw();
  });
  for (const [value, text] of Object.entries(buttons)) row.append(button(text, () => rate(value), { "data-rating": value }));
  draw();
  return row;
}
