// Words in the respondent's language. All text goes in as text, never as HTML.

let language = Object.keys(page.languages)[0];

function words(key, values) {
  let text = page.languages[language].words[key];
  for (const [name, value] of Object.entries(values || {})) {
    text = text.split("{" + name + "}").join(String(value));
  }
  return text;
}

// Put words of our own into an element. Where they are English for want of a translation, say so to screen readers.
function put(target, key, values) {
  target.textContent = key ? words(key, values) : "";
  if (page.languages[language].fallBack) target.lang = "en"; else target.removeAttribute("lang");
}

function speak(code) {
  language = code;
  const { strings, direction } = page.languages[code];
  document.documentElement.lang = code;
  document.documentElement.dir = direction;
  document.title = strings["form." + page.form + ".title"];
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = strings[one.dataset.t];
  for (const one of document.querySelectorAll("[data-w]")) put(one, one.dataset.w, { name: one.dataset.name });
  for (const one of document.querySelectorAll("[data-w-label]")) one.label = words(one.dataset.wLabel);
  for (const one of document.querySelectorAll("[data-language]")) {
    one.setAttribute("aria-pressed", String(one.dataset.language === code));
  }
}

