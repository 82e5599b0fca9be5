/** Who is asking and about whose documents: the key in locked mode, and the client. */

import { call, Refused } from "./api.js";
import { byId, el } from "./dom.js";
import { keep, kept } from "./kept.js";
import { line } from "./sure.js";

const FIRST_NAME = "my-documents";
const NAME = "[A-Za-z0-9][A-Za-z0-9._\\-]{1,61}[A-Za-z0-9]";
const NAME_HINT = "3 to 63 letters, digits, dots, dashes or underscores; letters or digits at both ends.";

/**
 * Find out what the key reaches and fill the list of clients; throws Refused with 401 when a key is needed.
 * Returns whether clients may be made and erased: by everybody in open mode, by the admin key in locked mode.
 */
export async function load() {
  const { clients, total } = await allClients();
  const manages = !kept("key") || total !== 1 || (await mayManage(clients[0].client_id));
  const names = clients.map((client) => client.client_id);
  const chosen = kept("client");
  if (manages && chosen && !names.includes(chosen)) names.push(chosen); // made by its first upload
  if (!names.length) names.push(FIRST_NAME);
  const current = names.includes(chosen) ? chosen : names[0];
  byId("client").replaceChildren(...names.map((name) => el("option", { value: name }, name)));
  byId("client").value = current;
  byId("client").disabled = names.length === 1 && !manages;
  byId("new-client").hidden = !manages;
  byId("sign-out").hidden = !kept("key");
  keep("client", current);
  return manages;
}

/** Ask for the name of a client that the first upload will make; returns it, or null. */
export async function nameNew() {
  const text = "Each client has documents and conversations of its own. It is made by its first upload.";
  const name = await line("New client", text, "Go on", { label: "Name", pattern: NAME, hint: NAME_HINT });
  if (name) keep("client", name);
  return name;
}

/** Try a key; keeps it when the service knows it, and throws Refused when it does not. */
export async function signIn(key) {
  keep("key", key);
  try {
    await call("GET", "/api/v1/clients", { query: { limit: 1 } });
  } catch (error) {
    keep("key", "");
    throw error;
  }
}

/** Forget the key and all that goes with it. */
export function signOut() {
  keep("key", "");
  keep("client", "");
}

async function allClients() {
  const clients = [];
  let page = { next_cursor: "" };
  do {
    page = await call("GET", "/api/v1/clients", { query: { limit: 1000, cursor: page.next_cursor } });
    clients.push(...page.clients);
  } while (page.next_cursor && clients.length < 10000);
  return { clients, total: page.total };
}

async function mayManage(client) {
  try {
    await call("GET", `/api/v1/clients/${encodeURIComponent(client)}/keys`);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return false;
    throw error;
  }
}
