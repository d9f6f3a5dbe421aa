// While a run is going on, its curves are fetched again every few seconds.
"use strict";
setInterval(async () => {
  const old = document.querySelector("[data-live]");
  if (!old || document.hidden || old.contains(document.activeElement) && document.activeElement !== old) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById(old.id);
    if (fresh) {
      const open = [...old.querySelectorAll("details")].map((each) => each.open);
      fresh.querySelectorAll("details").forEach((each, number) => { each.open = Boolean(open[number]); });
      old.replaceWith(fresh);
    }
  } catch { /* the server is unreachable: the page keeps what it shows */ }
}, 3000);
