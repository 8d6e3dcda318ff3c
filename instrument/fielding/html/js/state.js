// One interview: what has been answered, and the copy of it that this browser keeps.

const link = new URLSearchParams(location.search);
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) link.set(name, value);
const carried = Object.fromEntries(page.identifiers.map((name) => [name, (link.get(name) || "").trim().slice(0, 100)]));
const isPreview = link.has("preview");

const shelf = ["alliometrics", page.instrument, page.version, page.fingerprint.slice(0, 12), page.form,
  isPreview ? "preview" : "", ...page.optionalBlocks, ...Object.values(carried)].join(" ");
let canKeep = true;
let isOver = false; // handed over: nothing is kept any more

let state = null;

function newState() {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  return {
    id: uuid(), seed, started: now(), ended: "", outcome: "", taken: false, language, at: "", order: orders(seed),
    identifiers: { ...carried }, answers: {},
  };
}

function now() {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

// Version 4. crypto.randomUUID is missing where a page comes over plain http.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Numbers from 0 to 1, the same for the same seed (mulberry32).
function randomFrom(seed) {
  let a = seed;
  return function () {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Block id → its questions in this respondent's order, for blocks whose order is random.
function orders(seed) {
  const random = randomFrom(seed);
  const out = {};
  for (const block of page.pages.filter((one) => one.shuffle)) {
    const ids = block.questions.filter(isAsked).map((one) => one.id);
    for (let last = ids.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [ids[last], ids[other]] = [ids[other], ids[last]];
    }
    out[block.id] = ids;
  }
  return out;
}

function keep() {
  if (isOver) return;
  try {
    if (Object.keys(state.answers).length) localStorage.setItem(shelf, JSON.stringify(state));
    else localStorage.setItem(shelf + " ?", ""), localStorage.removeItem(shelf + " ?");
  } catch {
    canKeep = false;
  }
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(shelf));
    return found && found.id && found.answers && found.order && found.identifiers ? found : null;
  } catch {
    return null;
  }
}

function forget() {
  try {
    localStorage.removeItem(shelf);
  } catch {
    canKeep = false;
  }
}

