// "Is mine in it?" without a server: a number, an address or a photo's file is looked up in a list of keys
// (dataset/held/keys.py) that lies beside the page. A photo that is chosen leaves the browser for nowhere.
"use strict";
const held = (() => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // SHA-256 (FIPS 180-4): the browser's own is not there on pages that come from a plain server.
  const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const ROUNDS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
  const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
  const turned = (x, n) => (x >>> n) | (x << (32 - n));
  const sha256 = (content) => {
    const padded = new Uint8Array((((content.length + 8) >> 6) + 1) * 64), view = new DataView(padded.buffer);
    padded.set(content);
    padded[content.length] = 0x80;
    view.setUint32(padded.length - 8, Math.floor(content.length / 2 ** 29));
    view.setUint32(padded.length - 4, content.length << 3);
    const state = Int32Array.from(START), w = new Int32Array(64);
    for (let at = 0; at < padded.length; at += 64) {
      for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t);
      for (let t = 16; t < 64; t++) {
        const x = w[t - 15], y = w[t - 2];
        w[t] = w[t - 16] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + w[t - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let t = 0; t < 64; t++) {
        const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[t] + w[t]) | 0;
        const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
    }
    return Array.from(state, (value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
  };

  // What is asked for, as `dataset.held.contains` and `store.addresses` take it; null for what is neither.
  const asked = (text) => {
    if (/^\d{1,18}$/.test(text)) return { kind: "boke", name: String(BigInt(text)) };
    let path = "";
    try { path = decodeURI(new URL(text.includes("://") ? text : `http://${text}`).pathname); } catch { /* no address */ }
    const page = path.replace(/\/{2,}/g, "/").replace(/\/$/, "").match(/^\/(odai|boke)\/0*(\d{1,18})$/);
    if (page) return { kind: page[1], name: page[2] };
    if (!/^https?:\/\//i.test(text)) return null;
    const copy = text.match(/\/photo\/odai\/\d+\/([0-9a-f]{32})_\d+\./);
    return { kind: "address", name: copy ? copy[1] : text.replace(/^https?:/, "") };
  };

  const SIZE = 5; // bytes of a key
  class Keys {
    constructor({ keys, photos, days, captions, origins, named }) {
      this.keys = bytes(keys);
      this.photos = new Uint32Array(bytes(photos).buffer);
      [this.days, this.captions, this.origins] = [days, captions, origins].map((each) => new Uint16Array(bytes(each).buffer));
      this.named = named;
    }

    at(place) { return this.keys.subarray(place * SIZE, (place + 1) * SIZE).reduce((sum, byte) => sum * 256 + byte, 0); }

    // Returns what there is to tell of each photo that a name stands for.
    find({ kind, name }) {
      const key = parseInt(sha256(new TextEncoder().encode(`${kind} ${name}`)).slice(0, 2 * SIZE), 16), found = [];
      let low = 0, high = this.photos.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.at(middle) < key) low = middle + 1; else high = middle;
      }
      for (; low < this.photos.length && this.at(low) === key; low++) found.push(this.photos[low]);
      return found.map((photo) => {
        const [source, licence, credit] = this.named[this.origins[photo]];
        const since = this.days[photo] ? new Date(this.days[photo] * 86400000).toISOString().slice(0, 10) : null;
        return { captions: this.captions[photo], since, source, licence, credit };
      });
    }
  }

  const page = (keys) => {
    const form = document.querySelector("form[data-held]"), results = document.querySelector("#results");
    const copied = (name) => document.querySelector(`template#${name}`).content.cloneNode(true);

    const command = ({ kind, name, text }) => {
      if (kind === "boke" || kind === "odai") return `${form.dataset.forget} --${kind} ${name}`;
      if (kind === "photo") return `${form.dataset.forget} --sha256 ${name}`;
      return `${form.dataset.contains} ${kind === "address" ? `'${text.replaceAll("'", "'\\''")}'` : "PHOTO"}`;
    };

    const show = (wanted) => {
      if (!wanted.length) return results.replaceChildren(copied("unasked"));
      const found = wanted.flatMap((each) => keys.find(each).map((photo) => ({ ...photo, command: command(each) })));
      if (!found.length) return results.replaceChildren(copied("nothing"));
      results.replaceChildren(...found.map((photo) => {
        const made = copied("match");
        for (const place of made.querySelectorAll("[data-say]")) {
          const value = photo[place.dataset.say];
          if (value !== null) place.textContent = value; // what is unknown says so in the page's language
        }
        return made;
      }), copied("removal"));
      return undefined;
    };

    form.hidden = false;
    for (const hint of form.querySelectorAll(".with-script")) hint.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = new FormData(form).get("asked").trim(), one = asked(text);
      show(one ? [{ ...one, text }] : []);
    });
    const look = async (files) => {
      if (!files.length) return;
      const name = sha256(new Uint8Array(await files[0].arrayBuffer()));
      show([{ kind: "photo", name }, { kind: "copy", name }]);
    };
    const input = form.querySelector("input[type=file]");
    input.addEventListener("change", () => look(input.files));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => { event.preventDefault(); look(event.dataTransfer.files); });
    document.addEventListener("paste", (event) => look(event.clipboardData.files));
  };

  return Object.assign((content) => {
    held.keys = new Keys(content);
    page(held.keys);
  }, { asked, sha256 });
})();
