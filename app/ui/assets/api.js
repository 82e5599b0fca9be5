/** Calls of the service. The key travels in the Authorization header alone. */

import { read } from "./events.js";
import { kept } from "./kept.js";

/** Where the service is, also when a proxy shows it below a path. */
const SITE = new URL("../../", import.meta.url);

/** An answer that says no: `message` is the service's sentence, `status` is 0 when there was no answer. */
export class Refused extends Error {
  constructor(detail, { status = 0, code = "", requestId = "" } = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

const UNREACHABLE = "The service cannot be reached. Check that it runs, then try again.";
const LOST = "The connection ended before the upload did. The file may be larger than this service takes.";

/** Call a route and return its JSON. `query` leaves out what is empty; `body` is sent as JSON. */
export async function call(method, path, { query, body, signal } = {}) {
  const answer = await send(method, path, { query, body, signal });
  return answer.json();
}

/** Call a route and return the answer as it is, for downloads. */
export async function send(method, path, { query, body, signal } = {}) {
  const headers = authorized();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address(path, query), { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(UNREACHABLE);
  }
  if (!answer.ok) throw refusal(answer.status, await answer.text(), answer.headers.get("Retry-After"));
  return answer;
}

/** Yield the events of a route as `{ name, data }`, until it ends or `signal` stops it. */
export async function* events(method, path, options) {
  const answer = await send(method, path, options);
  yield* read(answer.body);
}

/** Send one file; `progress` is told the share that is sent, from 0 to 1. Returns the service's answer. */
export function upload(file, { client, inBackground, progress }) {
  const form = new FormData();
  form.append("client_id", client);
  form.append("files", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("/api/v1/ingest/", inBackground ? { async: "true" } : {}));
    for (const [name, value] of Object.entries(authorized())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new Refused(LOST)));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(refusal(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    });
    request.send(form);
  });
}

function address(path, query = {}) {
  const url = new URL(path.slice(1), SITE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

function authorized() {
  const key = kept("key");
  return key ? { Authorization: `Bearer ${key}` } : {};
}

function refusal(status, text, retryAfter) {
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // not one of the service's answers: a proxy's page, for example
  }
  const wait = Number(retryAfter) > 0 ? ` Try again in ${retryAfter} seconds.` : "";
  const detail = problem.detail ?? `The service answered with an error (${status}).`;
  return new Refused(detail + wait, { status, code: problem.code, requestId: problem.request_id });
}
