// What is asked after the answers so far. The same rules as on every platform, and in the reading of the answers:
// a question that is not asked has no answer, whatever was ticked before; an answer that screens out ends it all.

function matches(question, codes) {
  const value = state.answers[question.id];
  if (value === undefined) return false;
  if (Array.isArray(value)) return codes.some((code) => value.includes(String(code)));
  if (!isTyped(question)) return codes.some((code) => value === String(code));
  const number = Number(plain(question, value));
  return codes.some((code) => (typeof code === "number" ? number === code : value === code));
}

function holds(conditions, asked) {
  return conditions.every((one) => asked.has(one.question) && matches(questions.get(one.question), one.anyOf));
}

// `asked`: ids of questions and notes shown; `open`: ids of blocks with any; `screened`: the question that ended it.
function route({ pastTheEnd = false } = {}) {
  const asked = new Set();
  const open = [];
  let screened = null;
  for (const block of page.pages) {
    const before = asked.size;
    for (const question of block.questions) {
      if (screened !== null && !pastTheEnd) break;
      if (!holds(block.showIf, asked) || !holds(question.showIf, asked)) continue;
      asked.add(question.id);
      if (question.screenOut.length && matches(question, question.screenOut)) screened = question.id;
    }
    if (asked.size > before) open.push(block.id);
  }
  return { asked, open, screened };
}

function showAsked() {
  const { asked } = route();
  for (const id of questions.keys()) frame(id).hidden = !asked.has(id);
}

