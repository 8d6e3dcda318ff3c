// Between the boxes on the page and the answers: an answer is a code as text, a list of codes, or what was typed.

function readField(question) {
  const ticked = ticks(question.id).filter((one) => one.checked).map((one) => one.value);
  if (question.widget === "checks") return ticked;
  if (ticked.length) return ticked[0];
  return question.widget === "radio" ? "" : element("a-" + question.id).value.trim();
}

function fillField(question) {
  const value = state.answers[question.id];
  const values = [].concat(value === undefined ? [] : value);
  for (const one of ticks(question.id)) one.checked = values.includes(one.value);
  if (question.widget !== "radio" && question.widget !== "checks") {
    const isReason = isTyped(question) && question.missing.includes(value);
    element("a-" + question.id).value = isReason ? "" : value || "";
  }
  showClear(question);
}

function store(question) {
  const value = readField(question);
  if (value.length) state.answers[question.id] = value; else delete state.answers[question.id];
  showClear(question);
}

// A ticked radio button cannot be unticked, and most questions may be skipped.
function showClear(question) {
  const button = frame(question.id).querySelector("[data-clear]");
  if (button) button.hidden = state.answers[question.id] === undefined;
}

function clearField(question) {
  delete state.answers[question.id];
  fillField(question);
  ticks(question.id)[0].focus();
}

// "Don't know" and its like exclude every other answer, and the other way round.
function exclude(question, changed) {
  if (question.widget !== "checks" && !isTyped(question)) return;
  const isReason = (one) => question.missing.includes(one.value);
  const isTick = changed.type === "checkbox";
  if (isTick && !changed.checked) return;
  for (const one of ticks(question.id)) {
    if (one !== changed && (isReason(one) || (isTick && isReason(changed)))) one.checked = false;
  }
  if (isTick && isTyped(question)) element("a-" + question.id).value = "";
}

// Questions of a shuffled block in this respondent's order; notes stay where they are.
function arrange() {
  for (const [id, order] of Object.entries(state.order)) {
    const places = [...section(id).querySelectorAll(".question:not(.note)")];
    const marks = places.map((place) => place.parentNode.insertBefore(document.createComment(""), place));
    order.forEach((question, k) => marks[k].replaceWith(frame(question)));
  }
}

