// While a run is going on, its curves and figures are fetched again every few seconds.
"use strict";
setInterval(async () => {
  const free = [...document.querySelectorAll("[data-live]")].filter((each) => !each.contains(document.activeElement));
  if (!free.length || document.hidden) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    for (const old of free) {
      const fresh = page.getElementById(old.id);
      if (!fresh || !old.isConnected) continue;
      const open = [...old.querySelectorAll("details")].map((each) => each.open);
      fresh.querySelectorAll("details").forEach((each, number) => { each.open = Boolean(open[number]); });
      old.replaceWith(fresh);
    }
  } catch { /* the server is unreachable: the page keeps what it shows */ }
}, 3000);
