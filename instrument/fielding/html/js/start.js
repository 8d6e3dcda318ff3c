// Begin, or go on where the respondent left.

function changed(event) {
  const frameOf = event.target.closest("[data-question]");
  const codeOf = event.target.closest("[data-identifier]");
  if (codeOf) {
    state.identifiers[codeOf.dataset.identifier] = event.target.value.trim();
    if (faults.has(codeOf.dataset.identifier) && event.target.value.trim()) showFault(codeOf.dataset.identifier, null);
  }
  if (frameOf) {
    const question = questions.get(frameOf.dataset.question);
    exclude(question, event.target);
    store(question);
    settle(question, event.type === "change" && isTyped(question));
  }
  keep();
}

// After an answer: what is asked now, and whether a fault is mended. A fault in a typed answer is shown on leaving it.
function settle(question, isLeft) {
  const fault = wrong(question);
  if (faults.has(question.id) || (isLeft && fault && fault[0] !== "error_required")) {
    showFault(question.id, fault);
    say();
  }
  showAsked();
  showButtons();
}

function listen() {
  const form = element("form");
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a field hands nothing in
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-clear]");
    if (!button) return;
    const question = questions.get(button.dataset.clear);
    clearField(question);
    settle(question, false);
    keep();
  });
  // The second click of a double click would skip a page.
  element("next").addEventListener("click", (event) => { if (event.detail < 2) forwards(); });
  element("back").addEventListener("click", (event) => { if (event.detail < 2) backwards(); });
  element("send").addEventListener("click", send);
  element("download").addEventListener("click", download);
  element("copy").addEventListener("click", copy);
  element("done").addEventListener("click", () => over("done_text"));
  element("stop").addEventListener("click", () => ask("stop", () => finish("stopped")));
  element("start_again").addEventListener("click", () => ask("start_again", begin));
  element("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address may carry the invitation's codes behind its #
    element("t-" + at).focus();
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => change(button.dataset.language));
  }
  window.addEventListener("popstate", (event) => travel(event.state));
  window.addEventListener("hashchange", () => location.reload());
  window.addEventListener("beforeunload", (event) => {
    if (!canKeep && !isOver && Object.keys(state.answers).length) event.preventDefault();
  });
}

// The browser's own back and forward.
function travel(entry) {
  const ways = steps();
  const target = entry && entry.at;
  if (isOver || !target) return;
  if (at === END) backwards();
  else if (ways.indexOf(target) > ways.indexOf(at)) { if (isWell(at)) show(target); }
  else if (ways.includes(target)) show(target);
}

function change(code) {
  state.language = code;
  speak(code);
  for (const [id, fault] of [...faults]) showFault(id, fault);
  say();
  showButtons();
  if (ending) put(element("t-" + END), ...ending);
  if (reported) put(element("status"), ...reported);
  keep();
}

function fill() {
  arrange();
  for (const question of questions.values()) if (isAsked(question)) fillField(question);
  for (const name of page.identifiers) {
    element("i-" + name).value = state.identifiers[name] || "";
    element("i-" + name).closest(".question").hidden = Boolean(carried[name]);
  }
}

function begin() {
  forget();
  state = newState();
  element("resumed").hidden = true;
  fill();
  go(steps()[0]);
}

function resume() {
  const earlier = kept();
  state = earlier || newState();
  fill();
  element("resumed").hidden = !earlier;
  const wish = link.get("language") || link.get("lang");
  state.language = [wish, state.language].find((one) => one in page.languages) || language;
  speak(state.language);
  const ways = steps();
  const place = ways.includes(state.at) ? state.at : ways[0];
  history.replaceState({ at: place }, "");
  show(place, { quietly: true });
  if (state.outcome) {
    show(END, { quietly: true });
    showEnd();
  }
}

listen();
element("preview").hidden = !isPreview;
resume();
