// The values of a line chart: under the pointer, and at the epoch that the slider below it names.
"use strict";
(() => {
  const read = new WeakMap();
  const told = (chart) => {
    if (!read.has(chart)) read.set(chart, { curves: JSON.parse(chart.dataset.curves), across: JSON.parse(chart.dataset.across) });
    return read.get(chart);
  };

  const item = ({ name, style }, value) => {
    const made = document.createElement("span"), mark = document.createElement("span");
    mark.className = `mark ${style}`;
    made.append(mark, `${name} ${value}`);
    return made;
  };

  const show = (chart, wanted) => {
    const { curves, across } = told(chart), values = chart.parentElement.querySelector(".values");
    const epochs = [...new Set(curves.flatMap((curve) => curve.points.map(([x]) => x)))];
    if (!values || !epochs.length) return;
    const epoch = epochs.reduce((best, x) => (Math.abs(x - wanted) < Math.abs(best - wanted) ? x : best));
    const items = curves.flatMap((curve) => {
      const point = curve.points.find(([x]) => x === epoch);
      return point ? [item(curve, point[1])] : [];
    });
    values.querySelector("[data-at]").textContent = epoch;
    values.querySelector(".readout").replaceChildren(...items);
    line(chart, across.left + (epoch - across.first) / (across.last - across.first) * (across.right - across.left));
    return epoch;
  };

  const line = (chart, x) => {
    let made = chart.querySelector(".pointed");
    if (!made) {
      made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("class", "pointed");
      chart.append(made);
    }
    made.setAttribute("d", `M${x} 0V${chart.viewBox.baseVal.height}`);
  };

  document.addEventListener("input", (event) => {
    const values = event.target.closest(".values");
    if (values) show(values.parentElement.querySelector("[data-curves]"), Number(event.target.value));
  });

  const point = (event) => {
    const chart = event.target.closest?.("[data-curves]");
    if (!chart) return;
    const { across } = told(chart), box = chart.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * chart.viewBox.baseVal.width;
    const epoch = show(chart, across.first + (x - across.left) / (across.right - across.left) * (across.last - across.first));
    const slider = chart.parentElement.querySelector(".values input");
    if (slider && epoch !== undefined) slider.value = epoch;
  };
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
})();
