// Served by `jaxstudy serve`: reloads the page after a build, shows what is wrong after a failed one.
(() => {
  "use strict";

  const own = document.currentScript.dataset.build;

  const overlay = () => {
    const host = document.createElement("div");
    host.id = "jaxstudy-problems";
    const root = host.attachShadow({ mode: "open" });
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = "/__jaxstudy/overlay.css";
    root.append(style);
    document.body.append(host);
    return root;
  };

  const show = (problems) => {
    document.getElementById("jaxstudy-problems")?.remove();
    if (!problems.length) return;
    const box = document.createElement("section");
    box.setAttribute("role", "alert");
    const title = document.createElement("h1");
    title.textContent = "The last build failed; this is the page before it";
    const list = document.createElement("ul");
    for (const problem of problems) {
      const item = document.createElement("li");
      const where = document.createElement("b");
      where.textContent = problem.where;
      const what = document.createElement("span");
      what.textContent = problem.text;
      item.append(where, what);
      list.append(item);
    }
    const close = document.createElement("button");
    close.textContent = "Hide";
    close.onclick = () => document.getElementById("jaxstudy-problems")?.remove();
    box.append(title, list, close);
    overlay().append(box);
  };

  const source = new EventSource("/__jaxstudy/events");
  source.onmessage = (message) => {
    const state = JSON.parse(message.data);
    if (own !== state.build) location.reload();
    else show(state.problems);
  };
  // An open stream would keep the page out of the browser's back-forward cache.
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
