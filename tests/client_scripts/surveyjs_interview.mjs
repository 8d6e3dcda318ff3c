// Fills in a survey by SurveyJS's own model: `surveyjs_interview.mjs SURVEY.json`, interviews as JSON on standard input:
//
//     [{"locale": "es", "link": {"firm_id": "f1"}, "answers": {"cons": 1, "learn.lrar1": "dk", "dafmn": [2, 3]}}, …]
//
// Goes from page to page as a respondent would and answers what is shown. An interview may also say `then`, answers
// that are changed before the last page is left. Prints `{faults, interviews}`: what SurveyJS finds wrong with the
// survey; and for each interview `result`, `state`, `pages` that were seen, `shown` (name of a question or
// `matrix.row` → its words), `errors` on the page that could not be left, and `unused`, answers nobody asked for.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.CLIENT_MODULES, 'index.js'));
const { Model } = require('survey-core');
require('survey-core/survey.i18n');

const source = readFileSync(process.argv[2], 'utf-8');
const interviews = JSON.parse(readFileSync(0, 'utf-8') || '[]');

function faults() {
  const survey = new Model(JSON.parse(source));
  const names = [...survey.pages, ...survey.getAllQuestions(false)].map((one) => one.name.toLowerCase());
  return {
    json: (survey.jsonErrors ?? []).map((error) => error.message),
    expressions: survey.validateExpressions({ variables: true, functions: true, semantics: true })
      .map((one) => JSON.stringify({ name: one.obj?.name, property: one.propertyName, errors: one.errors })),
    duplicates: names.filter((name, k) => names.indexOf(name) !== k),
    locales: survey.getUsedLocales(),
  };
}

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

function tick(question, value) {
  question.renderedValue = [];
  for (const one of value) question.renderedValue = [...(question.renderedValue ?? []), one];
}

// Answers a question that has not had its answer yet; says whether anything changed.
function answer(question, answers, shown, used) {
  shown[question.name] = question.locTitle.renderedHtml;
  if (question.getType() === 'matrix') {
    const value = { ...(question.value ?? {}) };
    for (const row of question.visibleRows) {
      const name = `${question.name}.${row.name}`;
      shown[name] = row.text;
      if (name in answers) { value[row.name] = answers[name]; used.add(name); }
    }
    if (same(value, question.value ?? {})) return false;
    question.value = value;
    return true;
  }
  if (!(question.name in answers)) return false;
  const value = answers[question.name], before = question.value;
  used.add(question.name);
  if (same(value, before)) return false;
  if (question.getType() === 'checkbox') tick(question, value); else question.value = value;
  return !same(question.value, before);
}

function conduct({ locale, link, answers: first, then }) {
  const answers = { ...first };
  const survey = new Model(JSON.parse(source));
  if (locale) survey.locale = locale;
  for (const [name, value] of Object.entries(link ?? {})) survey.setValue(name, value);
  const shown = {}, pages = [], used = new Set(), columns = {};
  let errors = [];
  for (let left = true; survey.state === 'running' && left && pages.length < 100;) {
    const page = survey.currentPage;
    pages.push(page.name);
    // Answers bring questions into sight and take them out: go over the page until nothing changes.
    for (let round = 0, changed = true; changed && round < 5; round++) {
      changed = false;
      for (const question of page.questions) {
        if (question.isVisible) changed = answer(question, answers, shown, used) || changed;
      }
    }
    if (survey.isLastPage) {
      for (const [name, value] of Object.entries(then ?? {})) survey.setValue(name, value);
      Object.assign(answers, then);
    }
    left = survey.isLastPage ? survey.tryComplete() : survey.nextPage();
    if (!left) errors = page.questions.flatMap((q) => q.errors.map((e) => [q.name, e.getText()]));
  }
  for (const question of survey.getAllQuestions()) {
    if (question.getType() === 'matrix') columns[question.name] = question.columns.map((c) => [c.value, c.text]);
  }
  return {
    result: JSON.parse(JSON.stringify(survey.data)), state: survey.state, pages, shown, errors, columns,
    unused: Object.keys(answers).filter((name) => !used.has(name)),
  };
}

process.stdout.write(JSON.stringify({ faults: faults(), interviews: interviews.map(conduct) }));
