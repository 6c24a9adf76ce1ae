// Draws maths and diagrams. Their libraries are large, so a page fetches them only when it has some,
// and only once a reader comes near.
(() => {
  "use strict";

  const home = new URL("vendor/", document.currentScript.src);
  const NEAR = "1500px";

  const script = (name) =>
    new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = new URL(name, home);
      tag.onload = resolve;
      tag.onerror = () => reject(new Error(`${name} is missing`));
      document.head.append(tag);
    });

  const style = (name) => {
    const tag = document.createElement("link");
    tag.rel = "stylesheet";
    tag.href = new URL(name, home);
    document.head.append(tag);
  };

  const once = (work) => {
    let promise;
    return () => (promise ??= work());
  };

  // Calls `draw` with elements as they come near; all of them before printing.
  const whenNear = (elements, draw) => {
    if (!elements.length) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        const near = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
        near.forEach((element) => watcher.unobserve(element));
        if (near.length) draw(near);
      },
      { rootMargin: NEAR },
    );
    elements.forEach((element) => watcher.observe(element));
    window.addEventListener("beforeprint", () => draw(elements));
  };

  // ---- maths ----

  const katex = once(() => {
    style("katex/katex.min.css");
    return script("katex/katex.min.js");
  });

  // One lecture's commands: what a formula defines, the formulas after it know.
  const macros = {};
  const DEFINES = /\\(?:(?:re|provide)?newcommand|[egx]?def|let)(?![a-zA-Z])/;

  const hideEmpty = (element) => {
    if (element.querySelector(".katex-html")?.textContent.trim() !== "") return;
    element.hidden = true;
    const around = element.parentElement;
    const shown = [...around.childNodes].some((node) => !node.hidden && node.textContent.trim());
    if (around.tagName === "P" && !shown) around.hidden = true;
  };

  const drawMaths = async (elements) => {
    await katex();
    for (const element of elements.filter((one) => !one.dataset.drawn)) {
      const found = /^\s*\\([([])([\s\S]*)\\[)\]]\s*$/.exec(element.textContent);
      if (!found) continue;
      element.dataset.drawn = "yes";
      const displayMode = found[1] === "[";
      window.katex.render(found[2], element, { displayMode, macros, globalGroup: true, throwOnError: false, strict: false });
      hideEmpty(element);
    }
  };

  // ---- diagrams ----

  const mermaid = once(() => script("mermaid.tiny.js"));
  const dark = () => document.body.dataset.mdColorScheme === "slate";
  const sources = new Map();
  let count = 0;

  const drawDiagrams = async (elements) => {
    await mermaid();
    window.mermaid.initialize({
      startOnLoad: false,
      theme: dark() ? "dark" : "neutral",
      fontFamily: getComputedStyle(document.body).fontFamily,
    });
    for (const element of elements) {
      if (!sources.has(element)) sources.set(element, element.textContent);
      try {
        const { svg } = await window.mermaid.render(`jx-diagram-${++count}`, sources.get(element));
        element.innerHTML = svg;
      } catch (error) {
        element.textContent = `${error.message}\n\n${sources.get(element)}`;
      }
      element.dataset.drawn = "yes";
    }
  };

  // Material's search box is a dialog without a name, which screen readers would announce as just that.
  const nameSearch = () => document.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Search");

  const start = () => {
    nameSearch();
    const formulas = [...document.querySelectorAll(".arithmatex")];
    if (formulas.some((formula) => DEFINES.test(formula.textContent))) drawMaths(formulas);
    else whenNear(formulas, drawMaths);
    whenNear([...document.querySelectorAll(".jx-mermaid")], drawDiagrams);
    // A replay's slides come one after the other.
    document.addEventListener("jaxstudy:fresh", ({ detail }) => whenNear([...detail.querySelectorAll(".arithmatex")], drawMaths));
    new MutationObserver(() => sources.size && drawDiagrams([...sources.keys()])).observe(document.body, {
      attributeFilter: ["data-md-color-scheme"],
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
