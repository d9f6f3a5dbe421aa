// Saves a caption with its photo as one picture, made here: it says who wrote it, and whom to credit for the photo.
"use strict";
const bokeruPictures = (() => {
  const words = document.currentScript.dataset;
  const PAPER = "#faf6ee", INK = "#211c18", QUIET = "#665b50", LEAST = 480, MARGIN = 24;
  const FONT = "system-ui, -apple-system, 'Segoe UI', 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', Meiryo, sans-serif";

  // A canvas that shows a file from a disk gives nothing back. There each photo also lies in a script, as text.
  const arrived = {};
  const source = (image) => {
    if (location.protocol !== "file:") return Promise.resolve(image.src);
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = image.src.replace(/\.jpg$/, ".js");
      script.onload = () => { script.remove(); resolve(arrived[image.src.match(/([0-9a-f]{64})\.jpg$/)[1]]); };
      script.onerror = reject;
      document.head.append(script);
    });
  };

  // Cuts a text into lines: at its own breaks, else before the word or character that would no longer fit.
  const lines = (pen, text, wide) => text.split("\n").flatMap((line) => {
    const cut = [""];
    for (const part of line.match(/[ -~]+?(?:\s|$)|[\s\S]/gu) || [""]) {
      if (cut.at(-1) && pen.measureText(cut.at(-1) + part.trimEnd()).width > wide) cut.push("");
      cut.push(cut.pop() + part);
    }
    return cut;
  });

  const drawn = (photo, text, notes) => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    const wide = Math.max(photo.naturalWidth, LEAST), high = Math.round(photo.naturalHeight * wide / photo.naturalWidth);
    const parts = [[text, 600, 30, INK], ...notes.map((note) => [note, 400, 15, QUIET])].map(([said, weight, size, ink]) => {
      pen.font = `${weight} ${size}px ${FONT}`;
      return { font: pen.font, size, ink, lines: lines(pen, said, wide - 2 * MARGIN) };
    });
    const below = parts.reduce((sum, { size, lines: { length } }) => sum + 1.4 * size * length, 0);
    [canvas.width, canvas.height] = [wide, high + Math.ceil(below) + 2 * MARGIN];
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(photo, 0, 0, wide, high);
    let y = high + MARGIN;
    for (const { font, size, ink, lines: own } of parts) {
      [pen.font, pen.fillStyle, pen.textBaseline] = [font, ink, "middle"];
      for (const line of own) {
        pen.fillText(line, MARGIN, y + 0.7 * size);
        y += 1.4 * size;
      }
    }
    return canvas;
  };

  const save = async (item, box) => {
    const image = box.querySelector("img.photo"), photo = new Image();
    photo.src = await source(image);
    await photo.decode();
    const who = item.closest(".model") ? words.model : words.person;
    const canvas = drawn(photo, textOf(item), [who, box.dataset.picture].filter(Boolean));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); }));
    link.download = `bokeru-${(image.src.match(/[0-9a-f]{64}/) || ["photo"])[0].slice(0, 12)}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const textOf = (item) => item.dataset.caption || item.querySelector("[lang=ja]").textContent;

  const offer = () => {
    for (const item of document.querySelectorAll("[data-picture] ol.captions > li:has([lang=ja]):not(:has(.save))")) {
      const button = document.createElement("button");
      [button.type, button.className, button.textContent, button.title] = ["button", "quiet save", "⤓", words.save];
      button.setAttribute("aria-label", `${words.save}: ${textOf(item)}`);
      button.addEventListener("click", async () => {
        try {
          await save(item, item.closest("[data-picture]"));
        } catch {
          button.replaceWith(words.failed); // and another button follows
        }
      });
      item.append(" ", button);
    }
  };

  offer();
  new MutationObserver(offer).observe(document.querySelector("main"), { childList: true, subtree: true });
  return { photo(sha256, base64) { arrived[sha256] = `data:image/jpeg;base64,${base64}`; } };
})();
