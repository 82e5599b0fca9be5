/** Places in texts. The service counts characters as Unicode code points, JavaScript does not. */

/** Cut a text at places `{ start, end }` in their order: yields `{ text, place }`, with a null place between them. */
export function* cut(text, places) {
  const points = Array.from(text);
  const piece = (start, end) => points.slice(start, end).join("");
  let reached = 0;
  for (const place of places) {
    if (place.start > reached) yield { text: piece(reached, place.start), place: null };
    yield { text: piece(place.start, place.end), place };
    reached = place.end;
  }
  if (reached < points.length) yield { text: piece(reached), place: null };
}

/** Return the places of `[1]`, `[2]`, ... in a text, for the numbers that there are. */
export function numbered(text, numbers) {
  const places = [];
  let at = 0;
  for (const part of text.split(/(\[\d+\])/)) {
    const length = Array.from(part).length;
    const number = /^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : 0;
    if (numbers.has(number)) places.push({ start: at, end: at + length, number });
    at += length;
  }
  return places;
}

/** Return the statement that ends where a citation stands: what comes after the citation before it. */
export function statement(text, start) {
  const before = Array.from(text).slice(0, start).join("").replace(/(\s*\[\d+\])+\s*$/, "");
  return before.split(/\[\d+\]|\n/).pop().trim();
}

/** Find words in a text, whatever white space is between them; returns `[start, end]`, or null. */
export function find(text, wanted) {
  const words = wanted.split(/\s+/).filter(Boolean);
  if (!words.length || wanted.length > 2000) return null;
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  const found = new RegExp(pattern).exec(text);
  return found ? [found.index, found.index + found[0].length] : null;
}

/** Find the sentence that shares most words with a statement, and a third of them at least; returns as `find`. */
export function closest(text, wanted) {
  const words = wordsOf(wanted);
  let best = null;
  let most = Math.max(2, words.size / 3);
  for (const sentence of text.matchAll(/[^\s.!?][^.!?]*(?:[.!?](?!\s|$)[^.!?]*)*[.!?]?/g)) {
    const shared = [...wordsOf(sentence[0])].filter((word) => words.has(word)).length;
    if (shared < most || (best && shared === most)) continue;
    most = shared;
    best = [sentence.index, sentence.index + sentence[0].length];
  }
  return best;
}

function wordsOf(text) {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}|\p{N}+/gu));
}
