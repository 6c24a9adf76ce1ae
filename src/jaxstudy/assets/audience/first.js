// Before anything is drawn: dark or light, and only one slide at a time.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => {
    try {
      return localStorage.getItem("jaxstudy-theme");
    } catch {
      return null;
    }
  };
  const wear = () => (root.dataset.theme = (remembered() || (dark.matches ? "dark" : "light")) === "dark" ? "dark" : "light");
  wear();
  dark.addEventListener("change", wear);
  root.classList.add("fw-one");
})();
