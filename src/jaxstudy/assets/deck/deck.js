// Maths, then reveal.js or the reading view.
(() => {
  const deck = window.jaxstudyDeck;

  // What only defines a command shows nothing, and takes no room.
  const hideEmpty = (element) => {
    if (element.querySelector(".katex-html")?.textContent.trim() !== "") return;
    element.hidden = true;
    const around = element.parentElement;
    const shown = [...around.childNodes].some((node) => !node.hidden && node.textContent.trim());
    if (around.tagName === "P" && !shown) around.hidden = true;
  };

  const setMaths = () => {
    if (!window.katex) return;
    // One lecture's commands: what a formula defines, the formulas after it know.
    const macros = {};
    const settings = { macros, globalGroup: true, throwOnError: false, strict: false };
    for (const element of document.querySelectorAll(".jx-math")) {
      // The speaker window has no KaTeX styles, but every browser sets MathML.
      const output = element.closest("aside.notes") ? "mathml" : "htmlAndMathml";
      const displayMode = element.classList.contains("jx-display");
      katex.render(element.textContent, element, { ...settings, displayMode, output });
      hideEmpty(element);
    }
    // What the author wrote as HTML, which Markdown leaves alone.
    for (const element of document.querySelectorAll(".slides .rendered_html")) {
      renderMathInElement(element, {
        delimiters: [
          { left: "$$", right: "$$", display: true },
          { left: "\\[", right: "\\]", display: true },
          { left: "\\(", right: "\\)", display: false },
          { left: "$", right: "$", display: false },
        ],
        ignoredClasses: ["jx-math", "katex", "highlight"],
        ...settings,
      });
    }
  };

  const startReading = () => {
    document.querySelector("main").classList.remove("reveal"); // reveal.css lays slides on top of each other
    const goToStep = () => {
      const step = document.getElementById(decodeURIComponent(location.hash.replace(/^#\/?/, "")));
      if (step) step.scrollIntoView();
    };
    addEventListener("hashchange", goToStep);
    goToStep();
  };

  // Notebooks from elsewhere hold more under a heading than a slide does: let it scroll, and let Space walk down it.
  const SLIDE_HEIGHT = 720;
  const letScroll = () => {
    const slide = Reveal.getCurrentSlide();
    slide?.classList.toggle("jx-tall", slide.scrollHeight > SLIDE_HEIGHT + 2);
  };
  const walkDown = (event) => {
    const slide = Reveal.getCurrentSlide();
    if (!slide?.matches(".jx-tall") || ![" ", "PageDown", "ArrowDown"].includes(event.key) || event.shiftKey) return;
    if (event.target.closest("a, button, summary, input, textarea") || Reveal.isOverview()) return;
    if (slide.scrollTop + slide.clientHeight >= slide.scrollHeight - 2) return;
    slide.scrollBy({ top: 0.8 * slide.clientHeight });
    event.preventDefault();
    event.stopPropagation();
  };

  // In print nothing scrolls: what is too tall is made smaller.
  const fitPages = () => {
    for (const slide of document.querySelectorAll(".pdf-page > section")) {
      const tall = slide.scrollHeight / SLIDE_HEIGHT;
      if (tall > 1.01) slide.style.zoom = 1 / tall;
    }
  };

  // In print, reveal.js puts each slide on a page of its own, outside of the footer's reach.
  const footPages = () => {
    const footer = document.querySelector(".jx-footer");
    for (const page of document.querySelectorAll(".pdf-page")) page.append(footer.cloneNode(true));
    document.documentElement.classList.add("jx-printed");
  };

  const startSlides = () => {
    Reveal.on("pdf-ready", fitPages);
    Reveal.on("pdf-ready", footPages);
    Reveal.on("ready", letScroll);
    Reveal.on("slidechanged", letScroll);
    addEventListener("keydown", walkDown, { capture: true });
    const started = Reveal.initialize({
      width: 1280,
      height: 720,
      margin: 0,
      minScale: 0.1,
      maxScale: 4,
      center: false,
      hash: true,
      transition: "none",
      backgroundTransition: "none",
      slideNumber: "c/t",
      controlsTutorial: false,
      pdfSeparateFragments: false,
      pdfMaxPagesPerSlide: 1,
      scrollActivationWidth: 0, // narrow windows get the reading view instead
      plugins: [RevealNotes],
    });
    started.then(() => Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, deck.toggleTheme));
  };

  document.querySelector("[data-jx=theme]").addEventListener("click", deck.toggleTheme);
  setMaths();
  if (deck.reading) startReading();
  else startSlides();
})();
