// Fills in XForms by ODK's own engine: `xforms_interview.mjs`, with forms and interviews as JSON on standard input:
//
//     [{"form": "FORM.xml", "interviews": [
//         {"language": "English (en)", "answers": {"firm_id": "f1", "dafmn": ["2", "3"], "tenr": "4.5"}}, …]}, …]
//
// Answers are given in the form's order, as a respondent would. Prints, for each form, a list with, for each interview:
// `xml`, the submission; `refused`, answers whose question was not shown; `violations`, fields that the engine does
// not accept, with their message; `shown`, names of the fields that were shown at the end; `labels`, their words;
// `items`, the words of their answers by code; `languages`, those the form offers.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = process.env.CLIENT_MODULES;
const require = createRequire(path.join(modules, 'index.js'));

// The engine is built for browsers; a part of it takes these for granted.
globalThis.require = require;
globalThis.__dirname = modules;

const { JSDOM } = require('jsdom');
const { window } = new JSDOM('');
globalThis.window ??= window;
for (const name of [
  'document', 'Attr', 'CDATASection', 'CharacterData', 'Comment', 'Document', 'DocumentFragment', 'DOMParser',
  'Element', 'HTMLElement', 'NamedNodeMap', 'Node', 'NodeFilter', 'ProcessingInstruction', 'Text', 'XMLDocument',
  'XMLSerializer', 'XPathEvaluator', 'XPathExpression', 'XPathResult',
]) {
  globalThis[name] ??= window[name];
}

const { loadForm } = await import(pathToFileURL(path.join(modules, '@getodk/xforms-engine/dist/index.js')));

const loaded = async (file) => {
  const form = await loadForm(readFileSync(file, 'utf8'));
  if (form.status !== 'success') {
    console.error(file, form.status, form.error);
    process.exit(1);
  }
  return form;
};

const nameOf = (node) => node.currentState.reference.split('/').pop();

function* leaves(node) {
  const children = node.currentState.children;
  if (children === null) {
    yield node;
  } else {
    for (const child of children) yield* leaves(child);
  }
}

const answer = (node, value) => {
  if (node.nodeType === 'select') {
    node.selectValues([value].flat());
  } else {
    node.setValue(value);
  }
};

const interview = async (form, { language, answers }) => {
  const { root } = form.createInstance();
  const languages = root.languages.map((one) => one.language);
  if (language) root.setLanguage(root.languages[languages.indexOf(language)]);
  const refused = [];
  for (const node of leaves(root)) {
    const name = nameOf(node);
    if (!(name in answers)) continue;
    if (node.currentState.relevant) {
      answer(node, answers[name]);
    } else {
      refused.push(name);
    }
  }
  const payload = await root.prepareInstancePayload();
  const xml = await payload.data[0].get('xml_submission_file').text();
  const shown = [...leaves(root)].filter((node) => node.currentState.relevant && node.currentState.label !== null);
  const words = (text) => text?.asString ?? null;
  return {
    xml, refused, languages,
    violations: (payload.violations ?? []).map(({ reference, violation }) => ({
      field: reference.split('/').pop(), condition: violation.condition, message: words(violation.message),
    })),
    shown: shown.map(nameOf),
    labels: Object.fromEntries(shown.map((node) => [nameOf(node), words(node.currentState.label)])),
    items: Object.fromEntries(shown.filter((node) => node.nodeType === 'select').map((node) => [
      nameOf(node),
      Object.fromEntries(node.currentState.valueOptions.map((item) => [item.value, words(item.label)])),
    ])),
  };
};

const results = [];
for (const { form: file, interviews } of JSON.parse(readFileSync(0, 'utf8'))) {
  const form = await loaded(file);
  const held = [];
  for (const one of interviews) held.push(await interview(form, one));
  results.push(held);
}
console.log(JSON.stringify(results));
