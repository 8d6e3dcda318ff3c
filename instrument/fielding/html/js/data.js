// What the exporter wrote into this page, and how to find its parts.

const page = JSON.parse(document.getElementById("questionnaire").textContent);
const CODES = "codes-", END = "end-"; // pages of our own; no block id ends in a hyphen

const blocks = new Map(page.pages.map((block) => [block.id, block]));
const questions = new Map(page.pages.flatMap((block) => block.questions).map((one) => [one.id, one]));

const element = (id) => document.getElementById(id);
const section = (id) => element("b-" + id);
const frames = new Map([...document.querySelectorAll("[data-question]")].map((one) => [one.dataset.question, one]));
const frame = (id) => frames.get(id);
const ticks = (id) => [...frame(id).querySelectorAll("input[type=radio], input[type=checkbox]")];
const isTyped = (question) => ["text", "number", "whole", "year", "date"].includes(question.widget);
const isAsked = (question) => question.widget !== "note";

