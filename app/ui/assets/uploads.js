/** Files on their way: each with its progress, and with the reason when it fails. */

import { call, events, Refused, upload } from "./api.js";
import { announce, button, byId, el } from "./dom.js";
import { report } from "./problems.js";

const LARGE_BYTES = 1 << 20; // larger ones are read in the background, so that no proxy gives up waiting
const AT_ONCE = 2;
const LOOK_AGAIN_MS = 2000;
const STAGES = {
  waiting: "Waiting for its turn", parsing: "Reading", chunking: "Cutting into passages",
  embedding: "Indexing", storing: "Storing", cancelling: "Cancelling", done: "Done",
};

const waiting = [];
let running = 0;

/** Upload files for a client; `ready` is called after each that the service took in. */
export function take(files, client, ready) {
  for (const done of byId("uploads").querySelectorAll(".ready")) done.remove();
  for (const file of files) waiting.push({ file, client, ready, row: rowOf(file) });
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    one(waiting.shift()).finally(() => {
      running -= 1;
      next();
    });
  }
}

async function one({ file, client, ready, row }) {
  try {
    const result = await taken(file, client, row);
    if (result.error) throw new Refused(result.error.detail, { status: 422 });
    row.finish("ready", told(result), result.warnings ?? []);
    await ready();
    if (result.status === "ready" && row.isPlain()) row.leave(); // it is in the list now
  } catch (error) {
    if (error.status === 401 || error.status === undefined) report(error);
    row.finish("failed", error.status === undefined ? "Something went wrong." : error.message, []);
  }
}

async function taken(file, client, row) {
  const inBackground = file.size > LARGE_BYTES;
  row.state("Uploading");
  const progress = (share) => (share < 1 ? row.progress(share) : row.reading());
  const answer = await upload(file, { client, inBackground, progress });
  const finished = inBackground ? await followed(answer.job_id, client, row) : answer;
  if (answer.api_key) row.key(answer.api_key);
  return finished.documents[0];
}

async function followed(job, client, row) {
  const path = `/api/v1/ingest/jobs/${encodeURIComponent(job)}`;
  for (;;) {
    for await (const { name, data } of events("GET", `${path}/events`, { query: { client_id: client } })) {
      if (name === "done") return data;
      if (name === "error") throw new Refused(data.detail, { status: data.status });
      row.state(STAGES[data.stage] ?? "Working");
      row.progress(data.progress);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS)); // the connection ended early
    const now = await call("GET", path, { query: { client_id: client } });
    if (now.finished_at) return now;
  }
}

function told(result) {
  if (result.status === "duplicate") return "You have this file already.";
  return "Ready.";
}

/** Make the line of one file, with what changes on it. */
function rowOf(file) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": `Progress of ${file.name}` });
  const state = el("p", { class: "state" }, "Waiting");
  const row = el("li", { class: "upload" }, el("p", { class: "name" }, file.name), bar, state);
  byId("uploads").append(row);
  const say = (text) => {
    if (state.textContent !== text) state.textContent = text; // or else it would be read out again
  };
  return {
    state: say,
    progress: (share) => (bar.value = share),
    reading: () => {
      bar.removeAttribute("value");
      say("Reading");
    },
    key: (key) => row.append(el("p", { class: "note" }, `Key of the new client, shown this once: ${key}`)),
    finish: (outcome, text, warnings) => {
      bar.remove();
      row.classList.add(outcome);
      say(text);
      row.append(...warnings.map((warning) => el("p", { class: "faint" }, warning)));
      row.append(button("×", () => row.remove(), { class: "quiet close", "aria-label": `Dismiss ${file.name}` }));
    },
    isPlain: () => !row.querySelector(".faint, .note"),
    leave: () => {
      row.remove();
      announce(`${file.name}: ${state.textContent}`);
    },
  };
}
