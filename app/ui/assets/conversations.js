/** The list of conversations with a client's documents. */

import { call, send } from "./api.js";
import * as chat from "./chat.js";
import { announce, button, byId, el, when } from "./dom.js";
import { reporting } from "./problems.js";
import { line, sure } from "./sure.js";

const PAGE = 50;
const KINDS = { json: "JSON", markdown: "Markdown" };

let client = "";
let sessions = [];
let cursor = null;
let onOpen = () => {};

/** Listen to the buttons; `opened` is called when a conversation is to be seen. */
export function start(opened) {
  onOpen = opened;
  byId("more-conversations").addEventListener("click", reporting(() => load(cursor)));
  byId("new-conversation").addEventListener("click", () => {
    chat.fresh(client);
    draw();
    onOpen();
    byId("question").focus();
  });
}

/** Load and show the latest conversations of a client. */
export async function show(wanted) {
  if (client !== wanted) byId("conversation-list").replaceChildren();
  client = wanted;
  await load("");
}

async function load(from) {
  const wanted = client;
  let page = { sessions: [], next_cursor: null };
  try {
    page = await call("GET", "/api/v1/sessions", { query: { client_id: wanted, limit: PAGE, cursor: from } });
  } catch (error) {
    if (error.status !== 404) throw error; // a client that is yet to be made
  }
  if (client !== wanted) return;
  sessions = from ? [...sessions, ...page.sessions] : page.sessions;
  cursor = page.next_cursor;
  draw();
}

function draw() {
  const rows = sessions.map(row);
  byId("conversation-list").replaceChildren(...(rows.length ? rows : [el("li", { class: "faint" }, "None yet")]));
  byId("more-conversations").hidden = !cursor;
}

function row(one) {
  const title = titleOf(one);
  const isOpen = one.session_id === chat.current();
  return el(
    "li",
    { class: "row" },
    el(
      "button",
      { type: "button", class: "open", "aria-current": isOpen && "true", on: { click: reporting(() => open(one)) } },
      el("span", { class: "name" }, title),
      el("span", { class: "faint" }, when(one.last_message_at)),
    ),
    el(
      "details",
      { class: "menu" },
      el("summary", { "aria-label": `More for ${title}` }, "⋯"),
      el(
        "div",
        { class: "choices" },
        button("Rename", reporting(() => rename(one))),
        ...Object.entries(KINDS).map(([kind, text]) => button(`Export as ${text}`, reporting(() => download(one, kind)))),
        button("Delete", reporting(() => remove(one)), { class: "quiet danger" }),
      ),
    ),
  );
}

function titleOf(one) {
  return one.title || "Untitled conversation";
}

function pathOf(one, rest = "") {
  return `/api/v1/sessions/${encodeURIComponent(one.session_id)}${rest}`;
}

async function open(one) {
  onOpen();
  const opening = chat.open(client, one);
  draw();
  byId("chat-title").focus();
  await opening;
}

async function rename(one) {
  const title = await line("Rename this conversation", "", "Rename", { label: "Name", value: one.title ?? "" });
  if (!title) return;
  await call("PATCH", pathOf(one), { query: { client_id: client }, body: { title } });
  chat.retitle(title, one.session_id);
  await show(client);
  byId("conversations-title").focus();
}

async function remove(one) {
  if (!(await sure(`Delete ${titleOf(one)}?`, "Its questions and answers are deleted. This cannot be undone.", "Delete"))) return;
  await call("DELETE", pathOf(one), { query: { client_id: client } });
  if (one.session_id === chat.current()) chat.fresh(client);
  announce("The conversation is deleted.");
  await show(client);
  byId("conversations-title").focus();
}

/** Save a conversation as a file. It is fetched first, as a link could not send the key. */
async function download(one, kind) {
  const answer = await send("GET", pathOf(one, "/export"), { query: { client_id: client, format: kind } });
  const address = URL.createObjectURL(await answer.blob());
  const name = `${one.session_id.replace(/[^A-Za-z0-9._-]/g, "_")}.${kind === "json" ? "json" : "md"}`;
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
