// Evaluated in an open deck at 1280 × 720: what an audience would see wrongly, slide by slide, all fragments shown.
// Gives a list of { kind, step, slide, what, much }.
(async () => {
  const FOOTER = 34; // px at the lower edge that belong to footer and slide number
  const SLACK = 2; // px of rounding
  const root = document.documentElement;
  const found = [];

  await document.fonts.ready;
  await Promise.all(Array.from(document.images, (image) => image.decode().catch(() => null)));

  const stepOf = (element, slide) => element.closest("[data-step]")?.dataset.step ?? slide.id;
  const shortened = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const note = (kind, slide, element, what, much) =>
    found.push({ kind, slide: slide.id, step: kind === "tall" ? slide.id : stepOf(element, slide), what, much });

  const show = (slide) => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v, slide.querySelectorAll(".fragment").length - 1);
  };

  // ---- room ----

  const clips = (style) => style.overflowX !== "visible" || style.overflowY !== "visible";

  const checkRoom = (slide) => {
    const area = slide.getBoundingClientRect();
    const floor = area.top + 720 - FOOTER;
    let lowest = floor;
    for (const cell of slide.querySelectorAll(".cell")) {
      const box = cell.getBoundingClientRect();
      if (!box.height) continue;
      lowest = Math.max(lowest, box.bottom);
      checkCell(slide, cell, Math.min(box.right, area.right));
    }
    if (lowest > floor + SLACK) note("tall", slide, slide, "", Math.round(lowest - floor));
  };

  const checkCell = (slide, cell, edge) => {
    let over = null;
    const walk = (element) => {
      if (element.matches(".katex-mathml, aside, details:not([open]) > :not(summary)")) return;
      const style = getComputedStyle(element);
      if (style.display === "none" || style.visibility === "hidden") return;
      const box = element.getBoundingClientRect();
      if (box.right > edge + SLACK && (!over || box.right > over.right)) {
        over = { right: box.right, what: shortened(element.textContent) || element.tagName.toLowerCase() };
      }
      if (element.clientWidth && clips(style)) {
        const cut = element.scrollWidth - element.clientWidth;
        if (cut > SLACK) note("cut", slide, element, longestLine(element), cut);
        const below = element.scrollHeight - element.clientHeight;
        if (below > SLACK && style.overflowY !== "visible") note("below", slide, element, shortened(element.textContent), below);
        return; // what sticks out inside is clipped, and has just been counted
      }
      for (const child of element.children) walk(child);
    };
    walk(cell);
    if (over) note("wide", slide, cell, over.what, Math.round(over.right - edge));
  };

  const longestLine = (element) => {
    const lines = element.textContent.split("\n");
    return shortened(lines.reduce((longest, line) => (line.length > longest.length ? line : longest), ""));
  };

  // ---- pictures, maths ----

  const checkPictures = (slide) => {
    for (const image of slide.querySelectorAll("img")) {
      if (!image.alt.trim()) note("alt", slide, image, "", 0);
      if (!image.naturalWidth) note("broken", slide, image, image.alt, 0);
    }
    // KaTeX sets what it does not know as red text, and goes on.
    for (const red of slide.querySelectorAll(".katex-html .text[style*='204, 0, 0'], .katex-html .text[style*='cc0000']")) {
      note("maths", slide, red, `${red.textContent}, which it does not know`, 0);
    }
    for (const bad of slide.querySelectorAll(".katex-error")) note("maths", slide, bad, bad.title || bad.textContent, 0);
  };

  // ---- contrast, as WCAG 2 defines it ----

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colours = new Map();
  const colour = (text) => {
    if (!colours.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(text, [r, g, b, a / 255]);
    }
    return colours.get(text);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const ratio = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };

  // The colour behind an element, or null where a picture lies behind it.
  const behind = (element, known) => {
    if (!element) return colour(getComputedStyle(document.body).backgroundColor);
    if (known.has(element)) return known.get(element);
    const style = getComputedStyle(element);
    const own = colour(style.backgroundColor);
    let result = own;
    if (style.backgroundImage !== "none") result = null;
    else if (own[3] < 1) {
      const below = behind(element.parentElement, known);
      result = below && over(own, below);
    }
    known.set(element, result);
    return result;
  };

  const checkContrast = (slide, theme) => {
    const known = new Map();
    const seen = new Set();
    const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!text.data.trim() || seen.has(element)) continue;
      seen.add(element);
      if (element.closest(".katex-mathml, svg, script, style, aside") || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const style = getComputedStyle(element);
      const paper = behind(element, known);
      if (!paper) continue;
      const contrast = ratio(over(colour(style.color), paper), paper);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (contrast < (large ? 3 : 4.5) - 0.005) {
        const what = `${theme}: “${shortened(text.data)}”`;
        note("contrast", slide, element, what, Math.round(contrast * 100) / 100);
      }
    }
  };

  const worn = root.dataset.theme;
  Reveal.configure({ viewDistance: 1, history: false, hash: false }); // half the work of each step
  for (const slide of Reveal.getSlides()) {
    show(slide);
    checkRoom(slide);
    checkPictures(slide);
    for (const theme of ["light", "dark"]) {
      root.dataset.theme = theme;
      checkContrast(slide, theme);
    }
  }
  root.dataset.theme = worn;
  return found;
})();
