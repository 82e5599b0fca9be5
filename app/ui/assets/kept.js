/** What this tab remembers until it is closed: the key and the client. Nothing is kept longer, or in an address. */

const memory = {};

/** Return what is kept under a name, or an empty text. */
export function kept(name) {
  try {
    return sessionStorage.getItem(`rag.${name}`) ?? memory[name] ?? "";
  } catch {
    return memory[name] ?? ""; // the browser keeps nothing for this page
  }
}

/** Keep a text under a name; an empty one forgets it. */
export function keep(name, text) {
  memory[name] = text;
  try {
    if (text) sessionStorage.setItem(`rag.${name}`, text);
    else sessionStorage.removeItem(`rag.${name}`);
  } catch {
    // then memory alone holds it
  }
}
