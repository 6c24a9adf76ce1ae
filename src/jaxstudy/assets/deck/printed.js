// Evaluated in a deck opened with ?print-pdf: the number of pages, once all are laid out and drawn.
// reveal.js takes several frames for it, and its event may have passed already.
new Promise((done, fail) => {
  const started = performance.now();
  const look = async () => {
    if (performance.now() - started > 20000) {
      fail(new Error("the deck did not lay out its pages in 20 s"));
    } else if (!document.documentElement.classList.contains("jx-printed")) {
      setTimeout(look, 20);
    } else {
      await document.fonts.ready;
      await Promise.all(Array.from(document.images, (image) => image.decode().catch(() => null)));
      done(document.querySelectorAll(".pdf-page").length);
    }
  };
  look();
});
