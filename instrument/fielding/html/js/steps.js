// From page to page.

let at = "";
let ending = null; // title of the last page
const asksCodes = page.identifiers.some((name) => !carried[name]);

function steps(options) {
  return [...(asksCodes ? [CODES] : []), ...route(options).open];
}

function show(id, { quietly = false } = {}) {
  at = id;
  for (const one of document.querySelectorAll("[data-block]")) one.hidden = one.dataset.block !== id;
  for (const fault of [...faults.keys()]) showFault(fault, null);
  say();
  showAsked();
  showButtons();
  if (id !== END) state.at = id;
  keep();
  showKept();
  if (quietly) return;
  window.scrollTo(0, 0);
  element("t-" + id).focus({ preventScroll: true });
}

function showButtons() {
  const ways = steps();
  const all = steps({ pastTheEnd: true });
  const isEnd = at === END;
  const place = isEnd ? all.length : all.indexOf(at);
  element("bar").max = all.length;
  element("bar").value = place;
  if (isEnd) put(element("progress"), state.outcome === "complete" ? "progress_end" : "");
  else put(element("progress"), "progress", { page: place + 1, pages: all.length });
  document.querySelector(".progress").hidden = isEnd && state.outcome !== "complete";
  element("back").hidden = isOver || ways.indexOf(at) === 0;
  element("next").hidden = isEnd;
  const isLast = ways.indexOf(at) === ways.length - 1 && route().screened === null;
  const key = !isLast ? "next" : page.postTo ? "send" : "finish";
  element("next").firstElementChild.dataset.w = key;
  put(element("next").firstElementChild, key);
  element("quiet").hidden = isEnd;
}

function forwards() {
  if (!isWell(at)) return;
  const ways = steps();
  const next = ways[ways.indexOf(at) + 1];
  if (next !== undefined) return go(next);
  finish(route().screened === null ? "complete" : "screened");
}

function backwards() {
  const ways = steps();
  if (at === END) {
    state.outcome = state.ended = "";
    ending = reported = null;
    show(ways.includes(state.at) ? state.at : ways[ways.length - 1]);
  } else if (ways.indexOf(at) > 0) {
    show(ways[ways.indexOf(at) - 1]);
  }
}

// Each page is an entry of the browser's history, so that its own way back does not leave the questionnaire.
function go(id) {
  try {
    history.pushState({ at: id }, "");
  } catch {
    // a browser that refuses this for local files still has our buttons
  }
  show(id);
}

function finish(outcome) {
  state.outcome = outcome;
  state.ended = now();
  go(END);
  showEnd();
  if (page.postTo && outcome === "complete") send();
}

function showEnd() {
  ending = ["end_" + state.outcome];
  put(element("t-" + END), ...ending);
  element("why").hidden = state.outcome !== "screened";
  element("what").dataset.w = page.postTo ? "send_text" : "file_text";
  put(element("what"), element("what").dataset.w);
  element("send").hidden = !page.postTo;
  element("download").hidden = element("copy").hidden = Boolean(page.postTo);
  element("as-text").hidden = true;
  element("done").hidden = !state.taken;
  report("");
}

function showKept() {
  element("kept").hidden = !canKeep;
  element("not-kept").hidden = canKeep;
}

// A question of our own, in place: "really?"
function ask(key, then) {
  element("sure").hidden = false;
  element("sure-words").dataset.w = "sure_" + key;
  element("yes").dataset.w = "yes_" + key;
  for (const id of ["sure-words", "yes"]) put(element(id), element(id).dataset.w);
  element("yes").onclick = () => { element("sure").hidden = true; then(); };
  element("no").onclick = () => { element("sure").hidden = true; element(key).focus(); };
  element("sure").scrollIntoView({ block: "nearest" });
  element("sure-words").focus({ preventScroll: true });
}

