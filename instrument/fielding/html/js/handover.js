// The answers as the researcher gets them, and the ways in which they get there.

function coded(question, value) {
  return [...question.codes, ...question.missing].find((code) => String(code) === value);
}

function given() {
  const { asked } = route();
  const out = {};
  for (const question of questions.values()) {
    const value = state.answers[question.id];
    if (!asked.has(question.id) || value === undefined) continue;
    if (Array.isArray(value)) out[question.id] = value.map((one) => coded(question, one));
    else if (isTyped(question) && !question.missing.includes(value)) out[question.id] = plain(question, value);
    else out[question.id] = coded(question, value);
  }
  return out;
}

function handedOver() {
  const seconds = Math.round((Date.parse(state.ended) - Date.parse(state.started)) / 1000);
  const { open } = route();
  const order = Object.fromEntries(Object.entries(state.order).filter(([id]) => open.includes(id)));
  const out = {
    format: page.format, form: page.form, instrument: page.instrument, version: page.version,
    fingerprint: page.fingerprint, language, response_id: state.id, started: state.started, ended: state.ended,
    duration_seconds: Math.max(0, seconds), finished: state.outcome !== "stopped", identifiers: state.identifiers,
    optional_blocks: page.optionalBlocks, order, answers: given(),
  };
  if (isPreview) out.status = "preview";
  return JSON.stringify(out);
}

function download() {
  const name = "answers-" + page.form + "-" + state.id + ".json";
  const address = URL.createObjectURL(new Blob([handedOver() + "\n"], { type: "application/json" }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  report("downloaded", { file: name });
  offerToForget();
}

async function copy() {
  element("text").value = handedOver();
  try {
    await navigator.clipboard.writeText(element("text").value);
    report("copied");
  } catch {
    element("as-text").hidden = false;
    element("text").focus();
    element("text").select();
    report("copy_failed");
  }
  offerToForget();
}

// No browser says whether a file was saved or a text pasted: the respondent does, and only then the copy goes.
function offerToForget() {
  state.taken = true;
  element("done").hidden = false;
  keep();
}

let isSending = false;

async function send() {
  if (isSending || isOver) return;
  isSending = true;
  report("sending");
  const patience = new AbortController();
  const clock = setTimeout(() => patience.abort(), 30000);
  try {
    const answer = await fetch(page.postTo, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: handedOver(), credentials: "omit",
      referrerPolicy: "no-referrer", cache: "no-store", signal: patience.signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    over("sent");
  } catch {
    put(element("send").firstElementChild, "send_again");
    element("send").firstElementChild.dataset.w = "send_again";
    for (const id of ["download", "copy"]) element(id).hidden = false;
    report("send_failed");
  } finally {
    clearTimeout(clock);
    isSending = false;
  }
}

let reported = null; // the last message, to be said again when the language changes

function report(key, values) {
  reported = [key, values];
  put(element("status"), key, values);
}

// Everything is with the researcher: nothing stays in this browser.
function over(key) {
  isOver = true;
  forget();
  for (const id of ["send", "download", "copy", "as-text", "done", "what", "why", "back", "foot"]) {
    element(id).hidden = true;
  }
  ending = ["sent_title"];
  put(element("t-" + END), ...ending);
  report(key);
  element("t-" + END).focus();
}

