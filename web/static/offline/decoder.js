// The decoder of a copy: an LSTM that reads a photo, then writes token after token. No page is touched here.
//
// Names as in train/model.py: V tokens of the vocabulary, E embedding, H hidden, L layers. Weights are rounded
// to float16 and computed with in 64 bits; an LSTM's gates stand in the order input, forget, output, candidate.
"use strict";
const bokeru = (() => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
  const fromHalf = (half) => {
    const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
    return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
  };

  // Mulberry32, a generator of 32 bits: the same seed draws the same captions in every browser.
  const generator = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  const sigmoid = (x) => Math.tanh(x / 2) / 2 + 0.5; // never overflows

  // sums += weights (rows, columns) @ input (columns,)
  const addProduct = (sums, weights, input) => {
    for (let row = 0, at = 0; row < sums.length; row++) {
      let sum = 0;
      for (let column = 0; column < input.length; column++) sum += weights[at++] * input[column];
      sums[row] += sum;
    }
    return sums;
  };

  const logSumExp = (values) => {
    const largest = values.reduce((a, b) => Math.max(a, b));
    return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  };

  class Decoder {
    constructor({ sizes, tokens, special, max_tokens, forbidden, weights, photos }) {
      Object.assign(this, { sizes, tokens, special, maxTokens: max_tokens, forbidden });
      this.photos = photos;
      const halves = new DataView(bytes(weights).buffer), { vocabulary: V, embedding: E, hidden: H } = sizes;
      let at = 0;
      const take = (count) => Float32Array.from({ length: count }, () => fromHalf(halves.getUint16(2 * at++, true)));
      this.embedding = take(V * E);
      this.layers = Array.from({ length: sizes.layers }, (_, layer) => (
        { x: take(4 * H * (layer ? H : E)), b: take(4 * H), h: take(4 * H * H) }
      ));
      this.output = { w: take(V * H), b: take(V) };
    }

    // The state before the first token: what the photo adds to the next embedding, and empty layers.
    start(photo) {
      const empty = () => this.layers.map(() => new Float64Array(this.sizes.hidden));
      return { photo: new Float32Array(bytes(this.photos[photo]).buffer), hidden: empty(), cell: empty() };
    }

    // Reads one token; returns the logits (V,) of the next, and the state after it.
    step(state, token) {
      const { embedding: E, hidden: H } = this.sizes, hidden = [], cell = [];
      let x = Float64Array.from(this.embedding.subarray(token * E, (token + 1) * E));
      if (state.photo) x = x.map((value, i) => value + state.photo[i]);
      this.layers.forEach((layer, number) => {
        const gates = addProduct(Float64Array.from(layer.b), layer.x, x);
        addProduct(gates, layer.h, state.hidden[number]);
        cell.push(state.cell[number].map((old, i) => (
          sigmoid(gates[H + i]) * old + sigmoid(gates[i]) * Math.tanh(gates[3 * H + i])
        )));
        x = cell[number].map((value, i) => sigmoid(gates[2 * H + i]) * Math.tanh(value));
        hidden.push(x);
      });
      const logits = addProduct(Float64Array.from(this.output.b), this.output.w, x);
      return { logits, state: { photo: this.sizes.injection === "every" ? state.photo : null, hidden, cell } };
    }

    // The model's own log-probabilities of what may follow `written`, likeliest first; the rest is left out.
    next(logits, written) {
      const { pad, unk, bos, eos } = this.special, whole = logSumExp(logits);
      const text = this.text(written);
      const allowed = (token) => {
        if (token === eos) return written.length > 0;
        if (written.length >= this.maxTokens || token === pad || token === unk || token === bos) return false;
        return !this.forbidden.some((word) => (text + this.tokens[token]).includes(word));
      };
      const found = [];
      logits.forEach((logit, token) => { if (allowed(token)) found.push({ token, logp: logit - whole }); });
      if (!found.length) found.push({ token: eos, logp: logits[eos] - whole }); // nothing may follow: it ends
      return found.sort((a, b) => b.logp - a.logp || a.token - b.token);
    }

    text(tokens) { return tokens.map((token) => this.tokens[token]).join(""); }

    // Writes one caption, each token by `choose`, which gets the choices likeliest first. It goes on from `begun`.
    write(photo, choose, begun = []) {
      let state = this.start(photo), last = this.special.bos, logits;
      const tokens = [], choices = [], logps = [];
      for (;;) {
        ({ logits, state } = this.step(state, last));
        const next = this.next(logits, tokens), given = begun[tokens.length];
        const chosen = next.find((each) => each.token === given) || choose(next);
        choices.push(next.slice(0, 8));
        logps.push(chosen.logp);
        if (chosen.token === this.special.eos) return { tokens, logps, choices, logp: logps.reduce((a, b) => a + b) };
        tokens.push(last = chosen.token);
      }
    }

    greedy(photo, begun) { return this.write(photo, (next) => next[0], begun); }

    sample(photo, { temperature = 1, seed = 0 }, begun) {
      const random = generator(seed);
      return this.write(photo, (next) => {
        const weights = next.map(({ logp }) => Math.exp((logp - next[0].logp) / temperature));
        let rest = random() * weights.reduce((a, b) => a + b);
        return next[weights.findIndex((weight) => (rest -= weight) < 0)] || next[0];
      }, begun);
    }

    // The caption of the highest log-probability that a beam of `width` finds.
    beam(photo, { width = 3 }) {
      let rows = [{ state: this.start(photo), last: this.special.bos, tokens: [], logp: 0 }], best = null;
      while (rows.length) {
        const grown = [];
        for (const row of rows) {
          const { logits, state } = this.step(row.state, row.last);
          const next = this.next(logits, row.tokens), ends = (each) => each.token === this.special.eos;
          const end = next.find(ends); // however unlikely: what ends here is compared with what goes on
          if (end && (!best || row.logp + end.logp > best.logp)) best = { tokens: row.tokens, logp: row.logp + end.logp };
          for (const { token, logp } of next.filter((each) => !ends(each)).slice(0, width)) {
            grown.push({ state, last: token, tokens: [...row.tokens, token], logp: row.logp + logp });
          }
        }
        // Log-probabilities only fall: what is behind the best now stays behind.
        rows = grown.sort((a, b) => b.logp - a.logp).slice(0, width).filter((row) => !best || row.logp > best.logp);
      }
      return this.write(photo, () => { throw new Error("the beam ended before its caption"); },
        [...best.tokens, this.special.eos]);
    }
  }

  return { Decoder, decoder: null, model(content) { this.decoder = new Decoder(content); } };
})();
