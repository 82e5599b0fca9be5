/** The conversation that is open: asking, the answer while it arrives, and stopping it. */

import { call, events } from "./api.js";
import { announce, byId, button, count, el } from "./dom.js";
import { turn } from "./answer.js";
import { report, reporting } from "./problems.js";

const TITLE = 60;
const PAGE = 500;
const STAGES = { reading: "Reading the document", merging: "Putting the notes together" };

let client = "";
let session = null;
let running = null;
let onTurn = () => {};

/** Listen to the form; `answered` is called after each turn. */
export function start(answered) {
  onTurn = answered;
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("question").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask();
  });
  byId("stop").addEventListener("click", stop);
}

/** Begin a new conversation with a client's documents. */
export function fresh(wanted) {
  stop();
  client = wanted;
  session = null;
  byId("turns").replaceChildren(byId("greeting"));
  byId("greeting").hidden = false;
  byId("chat-title").textContent = "New conversation";
}

/** Say what can be done, as long as nothing was asked. */
export function greet(documents) {
  const some = documents > 0;
  byId("greeting").replaceChildren(
    el("p", { class: "large" }, some ? "What would you like to know?" : "Upload a document to begin."),
    el("p", { class: "faint" }, some ? `Answers come from ${count(documents, "document")}, with their sources.` : "PDF, Word, Excel, PowerPoint, Markdown, HTML, CSV, EPUB and text. Then ask about it."),
  );
  if (!some) byId("greeting").append(button("Choose files", () => byId("files").click(), { class: "button" }));
}

/** Show a stored conversation. */
export async function open(wanted, stored) {
  fresh(wanted);
  session = stored.session_id;
  byId("greeting").hidden = true;
  retitle(stored.title);
  const path = `/api/v1/sessions/${encodeURIComponent(session)}/messages`;
  let question = null;
  let page;
  let after = 0;
  do {
    page = await call("GET", path, { query: { client_id: client, limit: PAGE, after } });
    if (session !== stored.session_id) return; // another one was opened meanwhile
    for (const message of page.messages) {
      if (message.role === "user") question = message;
      else showStored(question?.content ?? "", message);
      after = message.number;
    }
  } while (page.has_more);
  byId("turns").scrollTop = byId("turns").scrollHeight;
}

/** Show the name of the open conversation, if it is this one. */
export function retitle(title, of = session) {
  if (of === session) byId("chat-title").textContent = title || "Conversation";
}

/** Return the id of the open conversation, or null. */
export function current() {
  return session;
}

function showStored(question, message) {
  const shown = turn(question, { client, session });
  byId("turns").append(shown.node);
  const { content, sources, extra, message_id, rating } = message;
  shown.finish({ ...extra, response: content, sources, message_id, rating });
}

function stop() {
  running?.abort();
}

async function ask() {
  const question = byId("question").value.trim();
  if (!question || running) return;
  byId("question").value = "";
  byId("greeting").hidden = true;
  const mine = new AbortController();
  running = mine;
  const whose = { client, session };
  const shown = turn(question, whose);
  byId("turns").append(shown.node);
  busy(true);
  shown.note("Looking through the documents");
  shown.node.scrollIntoView({ block: "start" });
  try {
    await follow(question, shown, whose, mine.signal);
  } catch (error) {
    failed(error, shown);
  } finally {
    running = null;
    busy(false);
  }
  reporting(onTurn)();
}

async function follow(question, shown, whose, signal) {
  const first = session === null;
  const body = { message: question, client_id: client, ...(first ? {} : { session_id: session }) };
  for await (const { name, data } of events("POST", "/api/v1/chat/stream", { body, signal })) {
    if (name === "progress") shown.note(`${STAGES[data.stage]}: ${data.done} of ${data.total}`);
    if (name === "sources") {
      whose.session = data.session_id;
      if (!signal.aborted) session = data.session_id;
      shown.sources(data.sources);
    }
    if (name === "delta") receive(shown, data.text);
    if (name === "error") shown.note(data.detail);
    if (name === "done") {
      shown.finish(data);
      if (first) await entitle(whose, question);
    }
  }
}

function receive(shown, piece) {
  const turns = byId("turns");
  const atEnd = turns.scrollHeight - turns.scrollTop - turns.clientHeight < 80;
  shown.note("");
  shown.add(piece);
  if (atEnd) turns.scrollTop = turns.scrollHeight;
}

/** Name a new conversation after its first question. */
async function entitle(whose, question) {
  const line = question.replace(/\s+/g, " ");
  const title = line.length > TITLE ? `${line.slice(0, TITLE - 1)}…` : line;
  await call("PATCH", `/api/v1/sessions/${encodeURIComponent(whose.session)}`, {
    query: { client_id: whose.client }, body: { title },
  });
  retitle(title, whose.session);
}

function failed(error, shown) {
  const stopped = error.name === "AbortError";
  const text = stopped ? "Stopped." : error.status === undefined ? "The connection ended before the answer did. Ask again." : error.message;
  shown.note(text);
  announce(text);
  if (error.status === 401) report(error);
}

/** Hold back the reading out of an answer until it is whole, and offer to stop it meanwhile. */
function busy(is) {
  const atStop = document.activeElement === byId("stop");
  byId("turns").setAttribute("aria-busy", String(is));
  byId("send").hidden = is;
  byId("stop").hidden = !is;
  if (atStop) byId("question").focus(); // the button is gone
}
