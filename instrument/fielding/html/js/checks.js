// What is wrong with an answer: [key of the message, its values], or null.

const NUMBER = /^[+-]?\d+(\.\d+)?$/;

// A typed number in plain digits with a point before decimals; what is no number stays as it was typed.
function plain(question, text) {
  if (question.widget !== "number") return text;
  const pointed = text.replace(",", ".").replace(/^([+-]?)\./, "$10.").replace(/\.$/, "");
  return NUMBER.test(pointed) ? pointed : text;
}

function wrong(question) {
  const value = state.answers[question.id];
  const isDate = question.widget === "date";
  if (isDate && !value && element("a-" + question.id).validity.badInput) return ["error_date"];
  if (value === undefined) return question.required ? ["error_required"] : null;
  if (!isTyped(question) || question.widget === "text" || question.missing.includes(value)) return null;
  if (isDate) return /^\d{4}-\d\d-\d\d$/.test(value) ? null : ["error_date"];
  return wrongNumber(question, value);
}

function wrongNumber(question, value) {
  // 1.200 and 1,200 are 1200 in some countries and 1.2 in others: nobody can tell which was meant.
  if (/^[1-9]\d{0,2}([., '’\u00a0\u202f]\d{3})+$/.test(value)) return ["error_thousands"];
  const text = plain(question, value);
  if (!NUMBER.test(text)) return [question.widget === "number" ? "error_number" : "error_whole"];
  const number = Number(text);
  if (question.widget !== "number" && (text.includes(".") || !Number.isSafeInteger(number))) return ["error_whole"];
  const { minimum, maximum } = question;
  const low = minimum !== null && number < minimum;
  const high = maximum !== null && number > maximum;
  if (!low && !high) return null;
  if (minimum !== null && maximum !== null) return ["error_between", { minimum, maximum }];
  return low ? ["error_least", { minimum }] : ["error_most", { maximum }];
}

const faults = new Map(); // id of a question or identifier → its message

function showFault(id, fault) {
  if (fault) faults.set(id, fault); else faults.delete(id);
  const place = element("e-" + id) || element("ie-" + id);
  const field = element("a-" + id) || element("i-" + id);
  place.hidden = !fault;
  if (fault) put(place, ...fault); else put(place, "");
  if (field && fault) field.setAttribute("aria-invalid", "true");
  else if (field) field.removeAttribute("aria-invalid");
  const whole = frame(id) || field.closest(".question");
  whole.classList.toggle("wrong", Boolean(fault));
}

// Judge a page, show what is wrong, say it, and go to the first fault. True where all is well.
function isWell(at) {
  const { asked } = route();
  const judged = at === CODES ? missingCodes() : blocks.get(at).questions.filter(isAsked)
    .map((question) => [question.id, asked.has(question.id) ? wrong(question) : null]);
  for (const [id, fault] of judged) showFault(id, fault);
  const first = section(at).querySelector(".wrong");
  say();
  if (first) first.querySelector("input, select, textarea").focus();
  return !first;
}

function say() {
  const count = faults.size;
  put(element("alert"), count === 0 ? "" : count === 1 ? "errors_one" : "errors_many", { count });
}

function missingCodes() {
  return page.identifiers.filter((name) => !carried[name]).map((name) => [
    name, state.identifiers[name] || page.mayBeAbsent.includes(name) ? null : ["error_code"],
  ]);
}

