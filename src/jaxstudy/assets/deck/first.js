// Runs in the head, before anything is drawn: no flash of the other theme, no flash of unstyled slides.
(() => {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search);
  const receiver = asked.has("receiver"); // a frame in the speaker window
  const print = asked.has("print-pdf") || asked.get("view") === "print";
  const narrow = Math.min(innerWidth, screen.width) <= 640;

  const remembered = () => {
    try {
      return localStorage.getItem("jaxstudy-theme");
    } catch {
      return null; // storage is closed to files in some browsers
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wished = () => asked.get("theme") || remembered() || (dark.matches ? "dark" : "light");
  const wear = (theme) => (root.dataset.theme = theme === "dark" ? "dark" : "light");
  wear(print ? asked.get("theme") : wished());
  if (!print) dark.addEventListener("change", () => wear(wished()));

  // Reading: all slides below each other, as text that flows. For phones, and for pages without scripts.
  const reading = asked.has("reading") || (narrow && !receiver && !print && !asked.has("slides"));
  root.classList.toggle("jx-reading", reading);

  window.jaxstudyDeck = {
    reading,
    toggleTheme() {
      const theme = wear(root.dataset.theme === "dark" ? "light" : "dark");
      try {
        localStorage.setItem("jaxstudy-theme", theme);
      } catch {
        // not remembered, then
      }
    },
  };
})();
