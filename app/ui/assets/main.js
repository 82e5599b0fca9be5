/** The page as a whole: signing in, choosing a client, and what is shown. */

import { call } from "./api.js";
import * as chat from "./chat.js";
import * as clients from "./clients.js";
import * as conversations from "./conversations.js";
import * as documents from "./documents.js";
import { announce, byId } from "./dom.js";
import { keep, kept } from "./kept.js";
import * as passage from "./passage.js";
import { clearProblems, report, reporting, whenSignedOut } from "./problems.js";
import { sure } from "./sure.js";
import * as uploads from "./uploads.js";

const PARTS = ["who", "views", "work"];
let manages = false; // whether clients may be made and erased

/** Show the form that asks for a key, or all else. */
function signedIn(is) {
  byId("sign-in").hidden = is;
  for (const part of PARTS) byId(part).hidden = !is;
  if (!is) byId("key").focus();
}

/** Show one part on a narrow screen; a wide one has room for all. */
function view(name) {
  document.body.dataset.view = name;
  for (const one of byId("views").children) {
    if (one.dataset.show === name) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
}

/** Find out what the key reaches, and show it. */
async function enter() {
  try {
    manages = await clients.load();
  } catch (error) {
    if (error.status !== 401) throw error;
    if (kept("key")) report(error);
    signedIn(false);
    return;
  }
  signedIn(true);
  await showClient();
}

async function showClient() {
  const client = kept("client");
  byId("filter").value = "";
  chat.fresh(client);
  await Promise.all([documents.show(client), conversations.show(client)]);
}

function take(files) {
  if (!files.length || byId("work").hidden) return;
  view("documents");
  uploads.take(files, kept("client"), () => documents.show(kept("client")));
}

async function erase() {
  const client = kept("client");
  const text = "All its documents, conversations, feedback and keys are erased from the disk. This cannot be undone.";
  if (!(await sure(`Erase ${client}?`, text, "Erase"))) return;
  announce("Erasing");
  await call("DELETE", `/api/v1/clients/${encodeURIComponent(client)}`);
  keep("client", "");
  byId("uploads").replaceChildren();
  await enter();
  announce(`${client} is erased.`);
  byId("documents-title").focus();
}

function signOut() {
  clients.signOut();
  chat.fresh("");
  for (const list of ["document-list", "conversation-list", "uploads"]) byId(list).replaceChildren();
  signedIn(false);
}

function listenToFiles() {
  byId("files").addEventListener("change", (event) => {
    take([...event.target.files]);
    event.target.value = ""; // so that the same file can be chosen again
  });
  const dropping = (is) => document.body.classList.toggle("dropping", is);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    dropping(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? dropping(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    dropping(false);
    take([...event.dataTransfer.files]);
  });
}

function listenToWho() {
  byId("sign-in-form").addEventListener("submit", reporting(async (event) => {
    event.preventDefault();
    clearProblems();
    const key = byId("key").value.trim();
    byId("key").value = "";
    await clients.signIn(key);
    await enter();
    byId("question").focus();
  }));
  byId("client").addEventListener("change", reporting(async (event) => {
    keep("client", event.target.value);
    await showClient();
  }));
  byId("new-client").addEventListener("click", reporting(async () => (await clients.nameNew()) && enter()));
  byId("sign-out").addEventListener("click", signOut);
  byId("erase").addEventListener("click", reporting(erase));
}

function begin() {
  whenSignedOut(signOut);
  passage.start();
  chat.start(() => conversations.show(kept("client")));
  documents.start((total) => {
    chat.greet(total);
    byId("erase").hidden = !manages || !total;
  });
  conversations.start(() => view("chat"));
  byId("views").addEventListener("click", (event) => event.target.dataset.show && view(event.target.dataset.show));
  listenToFiles();
  listenToWho();
  reporting(enter)();
}

begin();
