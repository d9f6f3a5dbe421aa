// What runs wrote for the same photos, epoch by epoch: a slider that plays, and that follows a run which is training.
// Without this script the slider is a plain form.
"use strict";
(() => {
  const PAUSE = 900; // milliseconds that an epoch is shown
  const BOUNDS = [0.01, 0.05, 0.2, 0.5, 0.8]; // as the legend has them
  const known = new Map(); // the measurements of each run, by its name
  let stage = null, playing = null; // the section that plays, and its timer

  const section = () => document.getElementById("learning");
  const slider = () => section()?.querySelector(".player input[type=range]");
  const runs = () => [...(section()?.querySelectorAll("[data-run][data-source]") ?? [])];

  const word = (text, log) => {
    const made = document.createElement("span"), probability = log === null ? 0 : Math.exp(log);
    made.className = `p${BOUNDS.filter((bound) => probability >= bound).length}`;
    made.title = `${(100 * probability).toPrecision(3)}%`;
    made.textContent = text;
    return made;
  };

  const caption = (written) => {
    const made = document.createElement("span");
    made.className = written ? "tokens" : "quiet";
    if (!written) made.textContent = "–";
    else {
      made.lang = "ja";
      made.append(...written.tokens.map((token, place) => word(token, written.log_probabilities[place])));
    }
    return made;
  };

  const show = (epoch) => {
    slider().value = epoch;
    section().querySelector(".player [data-at]").textContent = epoch;
    for (const cell of section().querySelectorAll(".said")) {
      const line = (known.get(cell.dataset.run) ?? []).findLast((each) => each.epoch <= epoch);
      const photo = line?.photos.find((each) => each.sha256 === cell.closest("[data-photo]").dataset.photo);
      for (const kind of ["greedy", "sample"]) cell.querySelector(`.${kind}`).replaceChildren(caption(photo?.[kind]));
    }
  };

  const later = (name) => (known.get(name) ?? []).at(-1)?.epoch ?? 0;
  const load = async ({ dataset: { run, source } }) => {
    const answer = await fetch(`${source}?after=${later(run)}`);
    if (!answer.ok) return;
    const lines = await answer.json(), last = later(run); // another answer may have come first
    known.set(run, [...(known.get(run) ?? []), ...lines.filter((line) => line.epoch > last)]);
  };

  const loadAll = async () => {
    const copied = document.getElementById("learning-data");
    if (!copied) await Promise.all(runs().map(load));
    else for (const [name, lines] of Object.entries(JSON.parse(copied.textContent))) known.set(name, lines);
  };
  const loadNew = async () => {
    if (!known.size || runs().some((run) => !known.has(run.dataset.run))) await loadAll();
  };

  const shownEpochs = () => {
    const names = new Set([...section().querySelectorAll("[data-run]")].map((each) => each.dataset.run));
    return [...names].flatMap((name) => known.get(name) ?? []).map((line) => line.epoch);
  };

  const turn = () => { // what the button says, and what it will say next
    const button = stage.querySelector("[data-play]");
    [button.textContent, button.dataset.pause] = [button.dataset.pause, button.textContent];
  };

  const pause = () => {
    if (!stage) return;
    clearInterval(playing);
    turn();
    stage = playing = null;
  };

  const step = () => {
    const at = slider();
    if (section() !== stage || Number(at.value) >= Number(at.max)) return pause();
    const epochs = shownEpochs().filter((epoch) => epoch > Number(at.value));
    show(Math.min(...epochs, Number(at.max)));
  };

  const play = async () => {
    if (stage) return pause();
    const begun = stage = section();
    turn();
    try {
      await loadNew();
    } catch {
      return pause(); // the server is unreachable
    }
    if (stage !== begun) return;
    if (Number(slider().value) >= Number(slider().max)) show(Number(slider().min));
    playing = setInterval(step, PAUSE);
  };

  // A run that is training: new measurements move the end, and the slider with it where it stood there.
  const follow = async () => {
    const part = section();
    if (!part || document.hidden) return;
    if (part.querySelector("[data-again]")) return renew(); // what it needs is being made
    if (!("follows" in part.dataset)) return;
    if (!document.querySelector("[data-live]")) delete part.dataset.follows; // it has ended: this is the last time
    await loadAll();
    const last = Math.max(...shownEpochs()), at = slider();
    if (!Number.isFinite(last) || section() !== part) return;
    if (!at) return renew();
    const isAtEnd = at.value === at.max;
    at.max = Math.max(last, Number(at.max));
    if (isAtEnd && !stage) show(Number(at.max));
  };

  const renew = async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById("learning");
    if (fresh) section().replaceWith(fresh);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-play]")) play();
  });

  document.addEventListener("input", async (event) => {
    if (event.target !== slider()) return;
    pause();
    const epoch = Number(event.target.value);
    try {
      await loadNew();
    } catch {
      return; // the server is unreachable
    }
    show(epoch);
  });

  setInterval(() => follow().catch(() => { /* the server is unreachable: the page keeps what it shows */ }), 3000);
})();
