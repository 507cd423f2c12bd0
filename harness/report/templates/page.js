"use strict";
// Shows the numbers of one threshold after another. Nothing is computed or rounded here: numbers arrive as whole-number
// codes of four digits, and are laid out by the rule of harness/report/content/numerals.py.
(async () => {
  const MANTISSAS = 9000, LOWEST_EXPONENT = -330, SMALLEST_PLAIN = -7, LARGEST_PLAIN = 6;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };

  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  const raised = (exponent) => String(exponent).replace(/[-\d]/g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);

  const parts = (code) => {
    const place = (code - 1) % MANTISSAS;
    return { digits: place + 1000, exponent: (code - 1 - place) / MANTISSAS + LOWEST_EXPONENT };
  };

  const numeral = (code) => {
    if (code === 0) return "0";
    const { digits, exponent } = parts(code);
    const text = String(digits);
    if (exponent < SMALLEST_PLAIN || exponent > LARGEST_PLAIN) {
      return `${text[0]}.${text.slice(1)} × 10${raised(exponent)}`;
    }
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${text}`;
    if (exponent < 3) return `${text.slice(0, exponent + 1)}.${text.slice(exponent + 1)}`;
    return grouped(text + "0".repeat(exponent - 3));
  };

  // For drawing only.
  const value = (code) => {
    if (code <= 0) return code === 0 ? 0 : NaN;
    const { digits, exponent } = parts(code);
    return digits * 10 ** (exponent - 3);
  };

  const data = await unpacked(one("numbers").textContent);
  for (const row of data.rows) {
    let sum = 0;
    row.v = row.v.map((step) => (sum += step));
  }

  const text = (row, at) => {
    const code = row.v[at];
    if (code < 0) return data.words[row.w][-code - 1];
    return row.c ? grouped(code) : numeral(code);
  };

  const slider = one("slider"), axis = one("axis"), said = one("said");
  const cells = all("td[data-row]").map((cell) => [cell, data.rows[cell.dataset.row], "verdict" in cell.dataset]);
  const thresholds = all("[data-threshold]");
  const panels = all(".axis");

  const charts = all(".chart:not(.trade-off)").map((chart) => ({
    low: Number(chart.dataset.low),
    high: Number(chart.dataset.high),
    logarithmic: "logarithmic" in chart.dataset,
    cursor: chart.querySelector("[data-cursor]"),
    readings: all(".reading", chart).map((reading) => ({
      reading,
      rows: reading.dataset.numbers.split(" ").map((number) => data.rows[number]),
      whisker: reading.querySelector(".whisker"),
      mark: reading.querySelector("svg"),
    })),
  }));

  // One rate against the other: every mark stands at the rates of its group at the threshold shown.
  const tradeOffs = all(".trade-off").map((chart) => ({
    scales: [[Number(chart.dataset.left), Number(chart.dataset.right)], [Number(chart.dataset.low), Number(chart.dataset.high)]],
    readings: all(".reading", chart).map((reading) => ({
      reading,
      rows: reading.dataset.numbers.split(" ").map((number) => data.rows[number]),
      mark: reading.querySelector("svg"),
    })),
  }));

  const set = (element, attributes) => {
    for (const [name, to] of Object.entries(attributes)) element.setAttribute(name, to);
  };

  const draw = (chart, at) => {
    const across = data.across[at] / 100, inside = across >= 0 && across <= 100;
    const x = `${across}%`;
    const down = (number) => {
      const share = ((chart.logarithmic ? Math.log10(number) : number) - chart.low) / (chart.high - chart.low);
      return `${100 * (1 - Math.min(1, Math.max(0, share)))}%`;
    };
    set(chart.cursor, { x1: x, x2: x, visibility: inside ? "visible" : "hidden" });
    for (const { reading, rows, whisker, mark } of chart.readings) {
      const [estimate, lower, upper] = rows.map((row) => value(row.v[at]));
      const unbounded = rows[2].v[at] === -2;
      const bounded = unbounded || !Number.isNaN(upper);
      const zero = chart.logarithmic && !(estimate > 0);
      const shown = inside && bounded && !(zero && unbounded);
      reading.setAttribute("visibility", shown ? "visible" : "hidden");
      if (!shown) continue;
      reading.classList.toggle("zero", zero);
      const top = unbounded ? "0%" : down(upper);
      set(whisker, { x1: x, x2: x, y1: top, y2: zero ? top : down(lower) });
      set(mark, { x, y: zero ? top : down(estimate) });
    }
  };

  const place = (chart, at) => {
    for (const { reading, rows, mark } of chart.readings) {
      const numbers = rows.map((row) => value(row.v[at]));
      const events = [numbers[0] > 0, numbers[2] > 0];
      const shares = [0, 1].map((which) => {
        const [low, high] = chart.scales[which];
        return (Math.log10(events[which] ? numbers[2 * which] : numbers[2 * which + 1]) - low) / (high - low);
      });
      const shown = shares.every((share) => share >= 0 && share <= 1);
      reading.setAttribute("visibility", shown ? "visible" : "hidden");
      if (!shown) continue;
      reading.classList.toggle("zero", !(events[0] && events[1]));
      set(mark, { x: `${100 * shares[0]}%`, y: `${100 * (1 - shares[1])}%` });
    }
  };

  const current = () => Number(slider.value);

  const show = () => {
    const at = current(), threshold = data.thresholds[at], meaning = data.names[at] ?? "";
    for (const [cell, row, verdict] of cells) {
      const now = text(row, at);
      if (cell.textContent !== now) cell.textContent = now;
      if (verdict) cell.dataset.verdict = now;
    }
    for (const place of thresholds) place.textContent = threshold;
    for (const chart of charts) draw(chart, at);
    for (const chart of tradeOffs) place(chart, at);
    one("threshold").textContent = threshold;
    one("meaning").textContent = meaning;
    slider.setAttribute("aria-valuetext", meaning ? `${threshold}, ${meaning}` : threshold);
  };

  const go = (at, saying) => {
    slider.value = at;
    show();
    said.textContent = saying;
  };

  const nearest = (typed) => {
    let best = 0;
    data.thresholds.forEach((threshold, at) => {
      if (Math.abs(threshold - typed) < Math.abs(data.thresholds[best] - typed)) best = at;
    });
    return best;
  };

  // More lenient than the first threshold shown: it may have been evaluated, and is saturated.
  const beyond = (typed) => {
    const [first, last] = [data.thresholds[0], data.thresholds[data.thresholds.length - 1]].map(Number);
    return last >= first ? typed < first : typed > first;
  };

  slider.addEventListener("input", () => {
    said.textContent = "";
    show();
  });

  one("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    const written = one("typed").value.trim().replace(",", "."), typed = Number(written);
    if (written === "" || !Number.isFinite(typed)) {
      said.textContent = "Type a number, such as " + data.thresholds[current()] + ".";
      return;
    }
    const at = nearest(typed), threshold = data.thresholds[at];
    const exact = Number(threshold) === typed;
    const lacking = beyond(typed) ? "is not on this page" : "was not evaluated";
    go(at, exact ? `Showing threshold ${threshold}.` : `${written} ${lacking}; showing the nearest, ${threshold}.`);
  });

  one("marked").addEventListener("change", (event) => {
    if (event.target.value !== "") {
      go(Number(event.target.value), `Showing threshold ${data.thresholds[event.target.value]}.`);
    }
    event.target.value = "";
  });

  const choose = (place) => {
    panels.forEach((panel, at) => (panel.hidden = at !== place));
    measure();
  };

  if (axis) {
    axis.addEventListener("change", () => {
      choose(Number(axis.value));
      said.textContent = `Showing ${axis.selectedOptions[0].textContent}.`;
    });
  }

  // A group is left out of figures and tables of rates of its axis; ratios and measures are of all groups.
  const pick = (panel) => {
    const boxes = all("input[type=checkbox]", panel);
    for (const box of boxes) {
      for (const row of all(`tr[data-group="${box.value}"]`, panel)) row.hidden = !box.checked;
      for (const curve of all(`.panel:not(.whole) [data-curve="${box.value}"]`, panel)) {
        curve.classList.toggle("out", !box.checked);
      }
    }
  };

  const highlight = (panel, group) => {
    for (const curve of all(".panel:not(.whole) [data-curve]", panel)) {
      curve.classList.toggle("faded", group !== undefined && curve.dataset.curve !== group);
      curve.classList.toggle("lit", curve.dataset.curve === group);
    }
  };

  for (const panel of panels) {
    for (const hidden of all(".groups [hidden]", panel)) hidden.hidden = false;
    panel.addEventListener("change", () => pick(panel));
    for (const button of all("[data-pick]", panel)) {
      button.addEventListener("click", () => {
        for (const box of all("input[type=checkbox]", panel)) box.checked = button.dataset.pick === "all";
        pick(panel);
      });
    }
    for (const kind of ["pointerover", "focusin"]) {
      panel.addEventListener(kind, (event) => highlight(panel, event.target.closest("[data-group]")?.dataset.group));
    }
    panel.addEventListener("pointerleave", () => highlight(panel));
  }

  for (const plot of all(".chart:not(.trade-off) svg.plot")) {
    const follow = (event) => {
      const box = plot.getBoundingClientRect();
      const across = (10000 * (event.clientX - box.left)) / box.width;
      let best = 0;
      data.across.forEach((place, at) => {
        if (Math.abs(place - across) < Math.abs(data.across[best] - across)) best = at;
      });
      go(best, "");
    };
    plot.addEventListener("pointerdown", (event) => {
      plot.setPointerCapture(event.pointerId);
      follow(event);
    });
    plot.addEventListener("pointermove", (event) => {
      if (plot.hasPointerCapture(event.pointerId)) follow(event);
    });
  }

  // Only what scrolls takes part in the order of focus.
  const measure = () => {
    for (const region of all(".scroll")) {
      if (region.scrollWidth > region.clientWidth + 1) region.tabIndex = 0;
      else region.removeAttribute("tabindex");
    }
  };

  addEventListener("resize", measure);
  one("controls").hidden = false;
  choose(0);
  show();
  document.documentElement.dataset.ready = "";
  performance.mark("ready");
})();
