// Forms and links with data-swap="#part" fetch their page and put only that part in its place.
// Links with data-follow are followed at once: their part takes longer than the page it stands on.
// Fields with data-auto send their form as soon as they are changed.
// What is still being made (data-again, in seconds) is asked for again.
// Without this script they are plain forms and links, and work as well.
"use strict";
(() => {
  const swap = async (selector, url, options, remember, quiet) => {
    const old = document.querySelector(selector);
    if (!old || old.getAttribute("aria-busy") === "true") return;
    old.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, options);
      const focused = old.contains(document.activeElement), field = focused && document.activeElement.name;
      const named = field && `[name="${CSS.escape(field)}"]`; // several fields may have one name
      const place = field && [...old.querySelectorAll(named)].indexOf(document.activeElement);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(selector) || page.querySelector(".notice");
      if (!fresh) throw new Error("no such part");
      if (fresh.matches(selector)) old.replaceWith(fresh);
      else old.replaceChildren(fresh);
      const shown = document.querySelector(selector);
      shown.removeAttribute("aria-busy");
      const same = field && shown.querySelectorAll(named)[place];
      if (!quiet || focused) (same || shown).focus({ preventScroll: true });
      const again = shown.querySelector("[data-again]");
      if (again && options.method !== "POST") {
        setTimeout(() => shown.isConnected && swap(selector, url, options, false, true), again.dataset.again * 1000);
      }
      if (remember) {
        history.replaceState(null, "", url);
        const top = shown.getBoundingClientRect().top;
        if (top < 0 || top > innerHeight * 0.8) shown.scrollIntoView({ behavior: "smooth", block: "start" });
      }
    } catch {
      old.removeAttribute("aria-busy");
      if (options.method !== "POST" && !quiet) location.assign(url);
    }
  };

  for (const link of document.querySelectorAll("a[data-follow]")) swap(link.dataset.swap, link.href, {}, false, true);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.swap) return;
    event.preventDefault();
    const fields = new FormData(form);
    if (form.method === "post") {
      swap(form.dataset.swap, form.action, { method: "POST", body: fields }, false);
    } else {
      const query = new URLSearchParams([...fields].filter(([, value]) => value !== ""));
      swap(form.dataset.swap, `${location.pathname}?${query}`, {}, true);
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-auto]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    swap(link.dataset.swap, link.href, {}, link.dataset.swap === "#results");
  });
})();
