// The copy's own captions: a click writes one for a photo, and each word shows what else could have stood there.
"use strict";
(() => {
  const form = document.querySelector("form[data-writer]"), decoder = bokeru.decoder;
  const words = form.dataset, percent = (logp) => `${(100 * Math.exp(logp)).toPrecision(2)}%`;
  let drawn = 0; // how often a caption was drawn at random since the seed was set: each takes the next seed

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const write = (photo, begun = []) => {
    const { strategy, temperature, seed } = Object.fromEntries(new FormData(form));
    if (strategy === "sample") {
      const first = Math.trunc(Number(seed)) || 0;
      return decoder.sample(photo, { temperature: Math.max(Number(temperature) || 1, 0.01), seed: first + drawn++ }, begun);
    }
    return begun.length || strategy === "greedy" ? decoder.greedy(photo, begun) : decoder.beam(photo, { width: 5 });
  };

  // As the pages colour a token: by the bounds of the legend.
  const level = (logp) => [0.01, 0.05, 0.2, 0.5, 0.8].filter((bound) => Math.exp(logp) >= bound).length;
  const shown = (token) => (token === decoder.special.eos ? words.end : decoder.tokens[token].replace(/\n/g, "⏎"));

  const alternatives = (photo, caption, place) => {
    const list = element("ol", { class: "alternatives", lang: "ja" });
    for (const { token, logp } of caption.choices[place]) {
      const other = element("button", { type: "button", class: "quiet" }, `${shown(token)} `,
        element("span", { class: "quiet small" }, percent(logp)));
      other.addEventListener("click", () => replace(photo, list, [...caption.tokens.slice(0, place), token]));
      list.append(element("li", {}, other));
    }
    return list;
  };

  const replace = (photo, list, begun) => {
    const fresh = item(photo, write(photo, begun));
    list.closest("li.written").replaceWith(fresh);
    fresh.querySelector("button").focus();
  };

  const item = (photo, caption) => {
    const line = element("span", { class: "tokens", lang: "ja" }), made = element("li", { class: "written", "data-caption": decoder.text(caption.tokens) }, line);
    [...caption.tokens, decoder.special.eos].forEach((token, place) => {
      const word = element("button", {
        type: "button", class: `token p${level(caption.logps[place])}`, title: percent(caption.logps[place]), "aria-expanded": "false",
      }, shown(token));
      word.addEventListener("click", () => {
        const open = word.getAttribute("aria-expanded") === "true";
        made.querySelector(".alternatives")?.remove();
        for (const each of line.children) each.setAttribute("aria-expanded", "false");
        if (open) return;
        word.setAttribute("aria-expanded", "true");
        made.append(alternatives(photo, caption, place));
      });
      line.append(word);
    });
    line.after(" ", element("span", { class: "quiet small" }, `${words.logp} ${caption.logp.toFixed(1)}`));
    return made;
  };

  form.addEventListener("input", () => { drawn = 0; });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  for (const button of document.querySelectorAll("button[data-write]")) {
    if (!(button.dataset.write in decoder.photos)) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const list = button.closest("section").querySelector("ol.own");
      list.hidden = false;
      list.prepend(item(button.dataset.write, write(button.dataset.write)));
    });
  }
})();
