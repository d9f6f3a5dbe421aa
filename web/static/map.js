// The map of the photos: thumbnails on a canvas, moved and brought closer by pointer, wheel, fingers and keys.
// Without this script the page has its legend and list.
"use strict";
(() => {
  const CLOSEST = 40, STEP = 1.5, LARGEST = 96;
  const views = new Map(); // by the map's version: what is looked at stays when the colours change
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const begin = (part) => {
    const canvas = part.querySelector("canvas"), pen = canvas.getContext("2d");
    const { photos, size, columns } = JSON.parse(part.querySelector("script").textContent);
    const card = part.querySelector(".map-card"), said = part.querySelector("[data-said]");
    const swatches = [...part.querySelectorAll("[data-group]")];
    const view = views.get(part.dataset.key) ?? { x: 0, y: 0, scale: 1, at: null };
    views.set(part.dataset.key, view);
    const sheet = new Image(), pointers = new Map();
    let colours = new Map(), alone = null, dragged = false, apart = 0, waiting = false;

    const unit = () => 0.46 * Math.min(canvas.clientWidth, canvas.clientHeight) * view.scale;
    const across = (photo) => canvas.clientWidth / 2 + (photo.x - view.x) * unit();
    const down = (photo) => canvas.clientHeight / 2 + (photo.y - view.y) * unit();
    const side = () => {
      const even = 0.62 * Math.sqrt(canvas.clientWidth * canvas.clientHeight / photos.length);
      return Math.min(LARGEST, Math.min(48, Math.max(14, even)) * Math.sqrt(view.scale));
    };

    const one = (photo, place, wide) => {
      const x = across(photo) - wide / 2, y = down(photo) - wide / 2;
      if (x > canvas.clientWidth || y > canvas.clientHeight || x + wide < 0 || y + wide < 0) return;
      const colour = colours.get(photo.group), edge = Math.max(2, wide / 9);
      pen.globalAlpha = alone === null || alone === photo.group ? 1 : 0.08;
      pen.fillStyle = colour.back;
      pen.fillRect(x, y, wide, wide);
      if (sheet.naturalWidth) {
        pen.drawImage(sheet, place % columns * size, Math.floor(place / columns) * size, size, size, x + edge, y + edge, wide - 2 * edge, wide - 2 * edge);
      }
      if (!photo.group) return;
      const high = Math.max(9, wide / 3); // its number, for those who do not see its colour
      pen.fillStyle = colour.back;
      pen.fillRect(x, y, high, high);
      pen.fillStyle = colour.ink;
      pen.font = `700 ${0.9 * high}px system-ui, sans-serif`;
      pen.fillText(photo.group, x + high / 2, y + high / 2);
    };

    const draw = () => {
      waiting = false;
      const dense = devicePixelRatio || 1;
      [canvas.width, canvas.height] = [canvas.clientWidth * dense, canvas.clientHeight * dense];
      pen.setTransform(dense, 0, 0, dense, 0, 0);
      [pen.textAlign, pen.textBaseline] = ["center", "middle"];
      colours = new Map(swatches.map((each) => {
        const { backgroundColor: back, color: ink } = getComputedStyle(each);
        return [Number(each.dataset.group), { back, ink }];
      }));
      const wide = side();
      photos.forEach((photo, place) => one(photo, place, wide));
      pen.globalAlpha = 1;
      if (view.at === null) return;
      const photo = photos[view.at], large = Math.max(1.5 * wide, 48);
      one(photo, view.at, large);
      pen.globalAlpha = 1;
      pen.lineWidth = 3;
      pen.strokeStyle = getComputedStyle(canvas).outlineColor;
      pen.strokeRect(across(photo) - large / 2 - 2, down(photo) - large / 2 - 2, large + 4, large + 4);
    };
    const redraw = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(draw);
    };

    const address = (form, photo) => form.replace("SHA256", photo.sha256);
    const point = (place, aloud = false) => {
      if (place === view.at && !aloud) return;
      view.at = place;
      card.hidden = place === null;
      if (place !== null) {
        const photo = photos[place], [image, text, about] = card.children;
        card.href = address(part.dataset.page, photo);
        image.src = address(part.dataset.photo, photo);
        [text.textContent, about.textContent] = [photo.caption ?? "–", photo.about];
        if (aloud) said.textContent = `${part.dataset.where} ${place + 1} / ${photos.length}: ${photo.caption ?? "–"} (${photo.about})`;
      }
      redraw();
    };

    const bound = () => {
      view.scale = Math.min(CLOSEST, Math.max(1, view.scale));
      const reach = view.scale === 1 ? 0 : 1;
      [view.x, view.y] = [view.x, view.y].map((value) => Math.min(reach, Math.max(-reach, value)));
      canvas.classList.toggle("closer", view.scale > 1);
      redraw();
    };
    // What lies at (x, y) of the canvas stays there.
    const zoom = (factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
      const from = unit(), before = view.scale;
      view.scale = Math.min(CLOSEST, Math.max(1, view.scale * factor));
      const to = from * view.scale / before;
      view.x += (x - canvas.clientWidth / 2) * (1 / from - 1 / to);
      view.y += (y - canvas.clientHeight / 2) * (1 / from - 1 / to);
      bound();
    };
    const pan = (x, y) => {
      view.x -= x / unit();
      view.y -= y / unit();
      bound();
    };
    const all = () => { Object.assign(view, { x: 0, y: 0, scale: 1 }); bound(); };
    const closer = (factor) => {
      const photo = photos[view.at];
      if (photo) zoom(factor, across(photo), down(photo));
      else zoom(factor);
    };

    const at = (event) => {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      let best = null, least = Math.max(side(), 24) / 2;
      photos.forEach((photo, place) => {
        if (alone !== null && photo.group !== alone) return;
        const far = Math.max(Math.abs(across(photo) - x), Math.abs(down(photo) - y));
        if (far <= least) [best, least] = [place, far];
      });
      return best;
    };

    // The nearest photo in a direction: what lies off to the side counts as farther away.
    const next = ([right, below]) => {
      const from = photos[view.at];
      let best = view.at ?? 0, least = Infinity;
      if (from) {
        photos.forEach((photo, place) => {
          const x = photo.x - from.x, y = photo.y - from.y;
          const ahead = x * right + y * below, aside = Math.abs(x * below) + Math.abs(y * right);
          if (place === view.at || ahead <= 0 || aside > 2 * ahead) return;
          const far = ahead + 2 * aside;
          if (far < least) [best, least] = [place, far];
        });
      }
      point(best, true);
      const photo = photos[best], x = across(photo), y = down(photo), room = 60;
      pan(Math.max(0, room - x) - Math.max(0, x - canvas.clientWidth + room), Math.max(0, room - y) - Math.max(0, y - canvas.clientHeight + room));
    };

    canvas.addEventListener("keydown", (event) => {
      const way = ways[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (way && event.shiftKey) pan(-60 * way[0], -60 * way[1]);
      else if (way) next(way);
      else if (event.key === "+" || event.key === "=") closer(STEP);
      else if (event.key === "-") closer(1 / STEP);
      else if (event.key === "0") all();
      else if (event.key === "Enter" && view.at !== null) location.assign(card.href);
      else return;
      event.preventDefault();
    });

    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return; // the page scrolls on
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });

    const distance = () => {
      const [one, other] = [...pointers.values()];
      return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event);
      [dragged, apart] = [pointers.size > 1, distance()];
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return event.pointerType === "mouse" ? point(at(event)) : undefined;
      const x = event.clientX - before.clientX, y = event.clientY - before.clientY;
      if (pointers.size === 1 && !dragged && Math.hypot(x, y) < 4) return;
      dragged = true;
      pointers.set(event.pointerId, event);
      if (pointers.size === 1) return pan(x, y);
      const box = canvas.getBoundingClientRect(), [one, other] = [...pointers.values()];
      zoom(distance() / (apart || 1), (one.clientX + other.clientX) / 2 - box.left, (one.clientY + other.clientY) / 2 - box.top);
      apart = distance();
    });
    canvas.addEventListener("pointerup", (event) => {
      if (!pointers.delete(event.pointerId) || dragged) return;
      const place = at(event), again = place !== null && place === view.at;
      point(place);
      // A finger cannot hover: its first touch shows, its second one opens.
      if (place !== null && (again || event.pointerType === "mouse")) location.assign(card.href);
    });
    canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
    canvas.addEventListener("focus", () => { if (view.at === null && canvas.matches(":focus-visible")) point(0, true); });

    part.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-zoom]"), swatch = event.target.closest("[data-group]");
      if (tool) ({ in: () => closer(STEP), out: () => closer(1 / STEP), all })[tool.dataset.zoom]();
      if (!swatch) return;
      const group = Number(swatch.dataset.group);
      alone = alone === group ? null : group;
      swatches.forEach((each) => each.setAttribute("aria-pressed", String(Number(each.dataset.group) === alone)));
      redraw();
    });

    new ResizeObserver(redraw).observe(canvas);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    sheet.addEventListener("load", () => { part.dataset.drawn = ""; redraw(); });
    sheet.src = part.dataset.sheet;
    if (view.at !== null) point(view.at, true);
    bound();
  };

  const start = () => {
    for (const part of document.querySelectorAll("[data-map]:not([data-begun])")) {
      part.dataset.begun = "";
      begin(part);
    }
  };
  start();
  new MutationObserver(start).observe(document.querySelector("main"), { childList: true, subtree: true });
})();
