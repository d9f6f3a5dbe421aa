// Keys press the buttons of the Judge page, and a second click sends nothing more.
// Without this script they are plain buttons, and work as well.
"use strict";
(() => {
  const form = document.querySelector("form[data-judge]");
  if (!form) return;
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    form.setAttribute("aria-busy", "true");
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = [...form.querySelectorAll("button")].find((each) => each.dataset.keys.split(" ").includes(key));
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
