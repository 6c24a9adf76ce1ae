// Follows a talk: events come from a stream while there is one, and from plain files that only grow where there is
// none. Whatever people wrote is put in as text, never as HTML.
(() => {
  "use strict";

  const POLL = 2000; // ms between looks at the head, on a plain file server
  const HELLO = 6000; // ms to wait for the stream's first word: some proxies keep it to themselves
  const at = (id) => document.getElementById(id);
  const slides = [...document.querySelectorAll(".slides > section > section")];
  const cells = new Map([...document.querySelectorAll(".slides [data-step]")].map((cell) => [cell.dataset.step, cell]));
  const talk = { live: 0, fragment: -1, furthest: 0, runs: new Map(), outputs: new Map(), questions: new Map() };
  let about = { steps: {}, live: [], talk: "" };
  let seen = 0; // events
  let shown = 0;
  let following = true;
  let stream = null;
  let heard = false; // whether the stream ever said something
  let polling = 0;

  // ---- what a browser keeps: an id that the server gave, what was voted for, a nickname

  const key = (name) => "jaxstudy-follow-" + about.talk + "-" + name;
  const kept = (name) => {
    try {
      return localStorage.getItem(key(name)) || "";
    } catch {
      return "";
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(key(name), value);
    } catch {
      // closed storage: then it is forgotten with the page
    }
  };
  const voted = () => new Set(kept("voted").split(" "));

  // ---- events

  const take = (event) => {
    const [, kind, data] = event;
    if (kind === "slide") {
      talk.live = about.steps[data.step] ?? talk.live;
      talk.fragment = data.fragment;
      talk.furthest = Math.max(talk.furthest, talk.live);
    } else if (kind === "run") {
      talk.runs.set(data.step, data);
      talk.outputs.delete(data.step);
    } else if (kind === "output") {
      talk.outputs.set(data.step, data);
    } else if (kind === "question") {
      talk.questions.set(data.id, { ...talk.questions.get(data.id), ...data });
    }
  };

  const takeAll = (events) => {
    if (!events.length) return;
    events.forEach(take);
    seen += events.length;
    draw(events.some((event) => event[1] === "question"));
  };

  // Never from the browser's own cache: to a plain file server, two states of one second are the same file.
  const json = async (address) => {
    const answer = await fetch(address, { credentials: "omit", cache: "no-store" });
    if (!answer.ok) throw new Error(address + ": " + answer.status);
    return answer.json();
  };

  // The second, or the number of events, in the address: what has grown is another file to every cache on the way, and
  // the same one to all who ask in that second.
  const catchUp = async () => {
    const head = await json("state/head.json?" + Math.floor(Date.now() / 1000));
    about.talk = head.talk;
    while (seen < head.events) {
      const chunk = Math.floor(seen / head.chunk);
      const until = Math.min(head.events, (chunk + 1) * head.chunk);
      const events = await json(`state/${chunk}.json?${until}`);
      const fresh = events.slice(seen - chunk * head.chunk);
      if (!fresh.length) return; // a cache on the way is behind: next time
      takeAll(fresh);
    }
  };

  const poll = async () => {
    try {
      await catchUp();
      notice("");
    } catch {
      notice("No connection to the talk. Trying again…");
    }
    if (polling) polling = setTimeout(poll, POLL * (0.75 + Math.random() / 2));
  };

  const startPolling = () => {
    if (!polling) {
      polling = 1;
      poll();
    }
  };

  const listen = () => {
    stream = new EventSource("live?after=" + seen);
    const patience = setTimeout(() => heard || startPolling(), HELLO);
    stream.addEventListener("hello", () => {
      heard = true;
      clearTimeout(polling);
      polling = 0;
      notice("");
      allowQuestions(true);
    });
    stream.onmessage = (message) => {
      if (Number(message.lastEventId) === seen + 1) takeAll([JSON.parse(message.data)]);
      else if (Number(message.lastEventId) > seen) catchUp().catch(() => undefined);
    };
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED) {
        // No stream here (a plain file server), or no place in it.
        clearTimeout(patience);
        startPolling();
        allowQuestions(heard);
        setTimeout(listen, heard ? 5000 : 60000);
      } else if (heard) {
        notice("No connection to the talk. Trying again…");
      }
    };
  };

  const notice = (words) => {
    at("notice").textContent = words;
    at("notice").hidden = !words;
  };

  // ---- slides

  const fragments = (slide) => [...slide.querySelectorAll(".fragment")];

  const drawFragments = (slide, index) => {
    const upTo = following && index === talk.live ? talk.fragment : Infinity;
    fragments(slide).forEach((fragment, number) => {
      fragment.classList.toggle("fw-later", number > upTo);
      fragment.classList.toggle("current-fragment", number === upTo);
    });
  };

  const say = (cell, name, words) => {
    let line = cell.querySelector(":scope > ." + name);
    if (!words) {
      line?.remove();
      return;
    }
    if (!line) {
      line = document.createElement("p");
      line.className = name;
      cell.append(line);
    }
    if (line.textContent !== words) line.textContent = words;
  };

  // What a cell gave that was run otherwise than rehearsed: text and pictures.
  const drawOutput = (cell, output) => {
    const wanted = output ? JSON.stringify(output) : "";
    let box = cell.querySelector(":scope > .fw-output");
    if ((box?.dataset.drawn || "") === wanted) return;
    box?.remove();
    if (!output) return;
    box = document.createElement("div");
    box.className = "fw-output output_area";
    box.dataset.drawn = wanted;
    if (output.text) {
      const text = document.createElement("pre");
      text.textContent = output.text;
      box.append(text);
    }
    for (const figure of output.figures) {
      const picture = document.createElement("img");
      picture.src = figure;
      picture.alt = "A figure that this cell drew";
      box.append(picture);
    }
    cell.append(box);
  };

  const drawCell = (cell, index) => {
    const step = cell.dataset.step;
    const run = talk.runs.get(step);
    const now = index === talk.live;
    const waiting = now && !run && about.live.includes(step);
    const code = cell.querySelector(".input pre code");
    if (code && run && cell.dataset.drawn !== (run.source ?? "")) {
      cell.dataset.drawn = run.source ?? "";
      if (run.source === undefined) code.innerHTML = cell.rehearsed;
      else code.textContent = run.source;
    }
    cell.classList.toggle("fw-ran", Boolean(run));
    cell.classList.toggle("fw-waiting", waiting);
    const edited = Boolean(run && run.source !== undefined); // then what the rehearsal gave is not its output
    cell.classList.toggle("fw-unrun", edited || (now && !run && !waiting));
    say(cell, "fw-wait", waiting ? "The presenter types this cell; its code appears when it has run." : "");
    const output = Boolean(cell.querySelector(".output_wrapper"));
    drawOutput(cell, edited ? talk.outputs.get(step) : null);
    const soon = now && !run && !waiting && output;
    say(cell, "fw-label", edited ? "as it was run, other than rehearsed" : soon ? "its output appears when it is run" : "");
  };

  const drawSlide = () => {
    if (following) shown = talk.live;
    slides.forEach((slide, index) => {
      const visible = index === shown;
      if (slide.classList.contains("fw-shown") !== visible) {
        slide.classList.toggle("fw-shown", visible);
        if (visible) window.scrollTo(0, 0);
      }
    });
    const slide = slides[shown];
    if (!slide) return;
    drawFragments(slide, shown);
    slide.querySelectorAll(".code_cell[data-step]").forEach((cell) => drawCell(cell, shown));
    const behind = talk.live - shown;
    const where = "Slide " + (shown + 1) + " of " + slides.length;
    const words = behind > 0 ? where + ", " + behind + " behind the talk" : behind < 0 ? where + ", the talk went back" : where;
    if (at("place").textContent !== words) at("place").textContent = words;
    at("back").disabled = shown <= 0;
    at("on").disabled = shown >= talk.furthest;
    at("live").setAttribute("aria-pressed", String(following));
    at("live").textContent = following ? "Live" : "Go live";
  };

  const look = (by) => {
    const wanted = Math.min(talk.furthest, Math.max(0, shown + by));
    following = wanted === talk.live && by > 0;
    shown = wanted;
    drawSlide();
  };

  const goLive = () => {
    following = true;
    show("slide");
    drawSlide();
  };

  // ---- questions

  const voteButton = (question) => {
    const button = document.createElement("button");
    const mine = voted().has(question.id);
    button.type = "button";
    button.className = "fw-vote";
    button.textContent = "▲ " + question.votes;
    button.setAttribute("aria-label", "Vote for this question; it has " + question.votes);
    button.setAttribute("aria-pressed", String(mine));
    button.disabled = !at("closed").hidden;
    button.addEventListener("click", () => vote(question.id));
    button.dataset.question = question.id;
    return button;
  };

  const lineOf = (question) => {
    const line = document.createElement("li");
    const text = document.createElement("p");
    text.textContent = question.text;
    text.dir = "auto";
    if (question.state === "answered") {
      line.className = "fw-done";
      const tick = document.createElement("span");
      tick.textContent = "✓";
      tick.setAttribute("aria-label", "answered");
      line.append(tick, text);
    } else {
      line.append(voteButton(question), text);
    }
    if (question.by) {
      const by = document.createElement("small");
      by.textContent = question.by;
      by.dir = "auto";
      line.append(by);
    }
    return line;
  };

  const drawQuestions = () => {
    const all = [...talk.questions.values()].filter((question) => question.state !== "hidden");
    const open = all.filter((question) => question.state !== "answered").sort((one, other) => other.votes - one.votes);
    const settled = all.filter((question) => question.state === "answered");
    const focused = document.activeElement?.dataset?.question;
    at("open").replaceChildren(...open.map(lineOf));
    at("settled").replaceChildren(...settled.map(lineOf));
    at("settled-title").hidden = !settled.length;
    at("count").textContent = open.length ? "(" + open.length + ")" : "";
    if (focused) at("open").querySelector(`[data-question="${CSS.escape(focused)}"]`)?.focus();
  };

  const draw = (questions) => {
    drawSlide();
    if (questions) drawQuestions();
  };

  const post = async (what, body) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(what, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit" });
    const said = await answer.json().catch(() => ({}));
    return { status: answer.status, ...said };
  };

  // An id is asked for when it is first needed, and again when the server does not know it.
  const speak = async (what, body) => {
    for (const again of [true, false]) {
      if (!kept("me")) {
        const given = await post("me", {});
        if (!given.me) return given;
        keep("me", given.me);
        if (!kept("me")) return post(what, { ...body, me: given.me });
      }
      const said = await post(what, { ...body, me: kept("me") });
      if (said.status !== 401 || !again) return said;
      keep("me", "");
    }
    return {};
  };

  const vote = async (id) => {
    if (voted().has(id)) return;
    const said = await speak("vote", { question: id }).catch(() => ({ why: "No connection. Try again." }));
    if (said.status === 200) keep("voted", [...voted(), id].join(" ").trim());
    else at("answer").textContent = said.why || "That did not work. Try again.";
    drawQuestions();
  };

  const ask = async (event) => {
    event.preventDefault();
    const [text, by] = [at("text").value, at("by").value];
    const said = await speak("ask", { text, by }).catch(() => ({ why: "No connection. Your words are still here." }));
    const taken = said.status === 200;
    if (taken) {
      keep("by", by);
      keep("voted", [...voted(), said.id].join(" ").trim()); // nobody needs to vote for a question of one's own
      at("text").value = "";
    }
    at("answer").textContent = taken ? "Asked. Others can vote for it." : said.why || "That did not work. Try again.";
    drawQuestions();
  };

  const allowQuestions = (on) => {
    at("ask").hidden = !on;
    at("closed").hidden = on;
    drawQuestions();
  };

  // ---- the page

  const show = (view) => {
    document.body.dataset.view = view;
    at("tab-slide").setAttribute("aria-pressed", String(view === "slide"));
    at("tab-questions").setAttribute("aria-pressed", String(view === "questions"));
  };

  const copyButtons = () => {
    document.querySelectorAll(".slides .code_cell").forEach((cell) => {
      const code = cell.querySelector(".input pre code");
      if (!code) return;
      cell.rehearsed = code.innerHTML;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fw-copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy this code");
      button.addEventListener("click", async () => {
        button.textContent = (await copy(code.textContent.replace(/\n$/, ""))) ? "Copied" : "Select it";
        setTimeout(() => (button.textContent = "Copy"), 1500);
      });
      cell.prepend(button);
    });
  };

  // Without https, as in a lecture hall, browsers have no clipboard; the old way works.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.style.position = "fixed";
      area.style.opacity = "0";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  const setMaths = () => {
    if (!window.katex) return;
    const quiet = { throwOnError: false, strict: false };
    document.querySelectorAll(".slides .jx-math").forEach((one) => {
      katex.render(one.textContent, one, { ...quiet, displayMode: one.classList.contains("jx-display") });
    });
    const delimiters = [["$$", "$$", true], ["\\[", "\\]", true], ["\\(", "\\)", false], ["$", "$", false]];
    document.querySelectorAll(".slides .rendered_html").forEach((one) => {
      renderMathInElement(one, {
        ...quiet,
        delimiters: delimiters.map(([left, right, display]) => ({ left, right, display })),
        ignoredClasses: ["jx-math", "katex", "highlight"],
      });
    });
  };

  const toggleTheme = () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("jaxstudy-theme", root.dataset.theme);
    } catch {
      // not remembered, then
    }
  };

  const onKey = (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey) return;
    const act = { ArrowLeft: () => look(-1), PageUp: () => look(-1), ArrowRight: () => look(1), PageDown: () => look(1), l: goLive, End: goLive }[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key === "/") {
      event.preventDefault();
      show("questions");
      at("text").focus();
    }
  };

  const start = async () => {
    at("back").addEventListener("click", () => look(-1));
    at("on").addEventListener("click", () => look(1));
    at("live").addEventListener("click", goLive);
    at("theme").addEventListener("click", toggleTheme);
    at("tab-slide").addEventListener("click", () => show("slide"));
    at("tab-questions").addEventListener("click", () => show("questions"));
    at("ask").addEventListener("submit", ask);
    document.addEventListener("keydown", onKey);
    copyButtons();
    setMaths();
    drawSlide();
    about = await json("talk.json").catch(() => about);
    at("notebook").download = (about.name || "notebook") + ".ipynb";
    await catchUp().catch(() => undefined);
    at("by").value = kept("by");
    drawQuestions();
    listen();
  };

  start();
})();
