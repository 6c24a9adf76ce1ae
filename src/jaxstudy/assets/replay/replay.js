// A talk to watch again: a clock (a video's, or its own), the words that follow it, and the slide and code of each
// second. Words, outputs and questions are put in as text; only the lecture's own prose and code come as HTML.
(() => {
  "use strict";

  const data = window.jaxstudyReplay;
  const root = document.getElementById("jx-replay");
  if (!data || !root) return;
  const panels = { cells: document.getElementById("jx-cells"), words: document.getElementById("jx-words") };
  const text = document.getElementById("jx-text");
  const spans = [...text.querySelectorAll("p > span")];
  const HELD = 5000; // ms for which a reader's own scrolling is left alone
  const HINT = "Enter: next match, Shift+Enter: the one before, ↓: to the sentence";

  // ---- small things ----

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  const clock = (seconds) => {
    const whole = Math.floor(Math.max(seconds, 0));
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
  };

  /* Seconds of `754`, `754.5`, `12:34`, `1:02:03`; null for anything else. */
  const secondsOf = (said) => {
    if (!/^\d{1,6}(\.\d+)?$|^(\d{1,3}:)?\d{1,3}:\d{2}$/.test(said)) return null;
    return said.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  };

  /* How many of the ascending times are not after `time`. */
  const countUpTo = (times, time) => {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const limited = (time) => Math.min(Math.max(time, 0), data.seconds);

  // ---- what plays: each has time(), seek(), play(), pause(), playing, rate ----

  class Clock {
    #at = 0;
    #since = 0;
    #rate = 1;
    playing = false;

    time() {
      if (!this.playing) return this.#at;
      const now = this.#at + ((performance.now() - this.#since) / 1000) * this.#rate;
      if (now >= data.seconds) this.pause(data.seconds);
      return limited(now);
    }

    seek(time) {
      this.#at = limited(time);
      this.#since = performance.now();
    }

    play() {
      if (this.time() >= data.seconds) this.seek(0);
      this.seek(this.time());
      this.playing = true;
    }

    pause(at = this.time()) {
      this.playing = false;
      this.seek(at);
    }

    get rate() { return this.#rate; }
    set rate(rate) {
      this.seek(this.time());
      this.#rate = rate;
    }
  }

  class Media {
    #wanted = null; // a place to seek to that came before the file could

    constructor(element) {
      this.element = element;
      element.addEventListener("loadedmetadata", () => this.#wanted !== null && this.seek(this.#wanted));
      element.addEventListener("seeked", () => (this.#wanted = null));
    }

    time() { return this.#wanted ?? this.element.currentTime; }
    seek(time) {
      this.#wanted = limited(time);
      if (this.element.readyState >= 1) {
        this.element.currentTime = Math.min(this.#wanted, this.element.duration || this.#wanted);
      }
    }
    play() { this.element.play().catch(() => {}); }
    pause() { this.element.pause(); }
    get playing() { return !this.element.paused && !this.element.ended; }
    get rate() { return this.element.playbackRate; }
    set rate(rate) { this.element.playbackRate = rate; }
  }

  /* Speaks with YouTube's frame by messages: no script of another host runs in this page. */
  class YouTube {
    static HOST = "https://www.youtube-nocookie.com";
    #clock = new Clock(); // runs on between its messages

    constructor(video, start) {
      const where = new URL(`${YouTube.HOST}/embed/${encodeURIComponent(video)}`);
      where.search = new URLSearchParams({ enablejsapi: 1, playsinline: 1, rel: 0, autoplay: 1, start: Math.floor(start), origin: location.origin });
      this.#clock.seek(start);
      this.frame = make("iframe", { src: where.href, title: "The video, on YouTube", allow: "autoplay; fullscreen; picture-in-picture", allowfullscreen: true });
      window.addEventListener("message", (message) => this.#hear(message));
      this.frame.addEventListener("load", () => this.#post({ event: "listening" }));
    }

    #post(message) { this.frame.contentWindow?.postMessage(JSON.stringify({ id: "jx", channel: "widget", ...message }), YouTube.HOST); }
    #ask(func, ...args) { this.#post({ event: "command", func, args }); }
    #hear(message) {
      if (message.origin !== YouTube.HOST || message.source !== this.frame.contentWindow) return;
      let info;
      try { info = JSON.parse(message.data).info; } catch { return; }
      if (typeof info?.currentTime === "number") this.#clock.seek(info.currentTime);
      if (typeof info?.playerState === "number") info.playerState === 1 ? this.#clock.play() : this.#clock.pause();
      update(true);
    }

    time() { return this.#clock.time(); }
    seek(time) {
      this.#clock.seek(time);
      this.#ask("seekTo", limited(time), true);
    }
    play() { this.#ask("playVideo"); }
    pause() { this.#ask("pauseVideo"); }
    get playing() { return this.#clock.playing; }
    get rate() { return this.#clock.rate; }
    set rate(rate) {
      this.#clock.rate = rate;
      this.#ask("setPlaybackRate", rate);
    }
  }

  const element = document.getElementById("jx-media");
  let player = element ? new Media(element) : new Clock();
  if (element && element.textTracks[0]) element.textTracks[0].mode = "hidden";

  const seek = (time, follow = true) => {
    player.seek(time);
    if (follow) heldUntil = 0;
    update(true);
  };

  // ---- controls ----

  const stage = document.getElementById("jx-stage");
  const chapterStarts = data.chapters.map(([start]) => start);
  const play = make("button", { type: "button", class: "jx-play", "aria-label": "Play", onclick: () => toggle() }, "▶");
  const shownTime = make("span", { class: "jx-now-time" }, clock(0));
  const rail = make("input", {
    type: "range", min: 0, max: Math.ceil(data.seconds), step: 1, value: 0, "aria-label": "Position in the talk",
    oninput: () => seek(Number(rail.value)),
  });
  const marks = make("div", { class: "jx-marks", "aria-hidden": "true" });
  const speed = make("select", { "aria-label": "Speed", onchange: () => (player.rate = Number(speed.value)) },
    ...[0.75, 1, 1.25, 1.5, 1.75, 2].map((rate) => make("option", { value: rate, selected: rate === 1 }, `${rate}×`)));
  const chapter = make("select", { class: "jx-chapter", "aria-label": "Chapter", onchange: () => seek(chapterStarts[chapter.selectedIndex]) },
    ...data.chapters.map(([start, title]) => make("option", {}, `${clock(start)} ${title}`)));
  const captions = make("button", { type: "button", "aria-pressed": "false", title: "Captions (c)", onclick: () => toggleCaptions() }, "Captions");
  const share = make("button", { type: "button", title: "Copy the address of this second", onclick: () => copyAddress() }, "Copy link");
  const notebook = make("button", { type: "button", class: "jx-take", hidden: !data.runs.length, onclick: () => takeNotebook() }, "Notebook as of here");
  const keys = make("button", { type: "button", class: "jx-keys", "aria-label": "Keys", title: "Keys (?)", onclick: () => help.showModal() }, "?");
  const caption = make("p", { class: "jx-caption", hidden: true, "aria-hidden": "true" });
  const said = make("p", { class: "jx-said", role: "status" });
  const news = make("p", { class: "jx-said", "aria-live": "off" });
  const announce = make("input", { type: "checkbox", id: "jx-announce", onchange: () => news.setAttribute("aria-live", announce.checked ? "polite" : "off") });

  const help = make("dialog", { class: "jx-help", "aria-label": "Keys" });
  const HELP = [
    ["Space", "play, pause"], ["j  l", "ten seconds back, on"], ["←  →", "five seconds back, on"], ["[  ]", "chapter before, next"],
    ["<  >", "slower, faster"], ["/", "search the words"], ["n  N", "next match, the one before"], ["↑  ↓, Enter", "in the words: another sentence; play from it"],
    ["c", "captions"], ["?", "this list"],
  ];
  help.append(
    make("table", {}, ...HELP.map(([key, what]) => make("tr", {}, make("th", { scope: "row" }, key), make("td", {}, what)))),
    make("p", {}, announce, " ", make("label", { for: "jx-announce" }, "Tell screen readers when code runs")),
    make("button", { type: "button", onclick: () => help.close() }, "Close"));

  const views = make("div", { class: "jx-views", role: "group", "aria-label": "Show" },
    ...[["words", "Words"], ["cells", "Slide and code"]].map(([name, words]) =>
      make("button", { type: "button", "data-view": name, onclick: () => showView(name) }, words)));

  const showView = (name) => {
    root.dataset.view = name;
    for (const button of views.children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
    heldUntil = 0;
    update(true);
  };

  const toggle = () => {
    if (player.playing) player.pause();
    else player.play();
    update(true);
  };

  const toggleCaptions = () => {
    const on = captions.getAttribute("aria-pressed") !== "true";
    captions.setAttribute("aria-pressed", String(on));
    const track = element?.tagName === "VIDEO" ? element.textTracks[0] : null;
    if (track) track.mode = on ? "showing" : "hidden";
    else caption.hidden = !on;
    update(true);
  };

  const copyAddress = async () => {
    const address = `#t=${Math.floor(player.time())}`;
    history.replaceState(null, "", address);
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = "Address copied";
    } catch {
      said.textContent = "The address is in the address bar";
    }
    share.textContent = "Copied";
    setTimeout(() => (share.textContent = "Copy link"), 1500);
  };

  const placeMarks = () => {
    const at = (time, kind) => {
      const mark = make("i", { class: `jx-mark-${kind}` });
      mark.style.insetInlineStart = `${(100 * time) / (data.seconds || 1)}%`;
      return mark;
    };
    marks.append(...chapterStarts.map((time) => at(time, "chapter")), ...data.runs.map((run) => at(run.t, "run")), ...data.questions.map(([time]) => at(time, "question")));
  };

  const rate = (by) => {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.length - 1);
    player.rate = Number(speed.value);
    said.textContent = `Speed ${speed.value}`;
  };

  const toChapter = (by) => {
    const at = countUpTo(chapterStarts, player.time()) - 1;
    const back = by < 0 && player.time() - (chapterStarts[at] ?? 0) > 3 ? 0 : by; // first to the start of this one
    if (chapterStarts[at + back] !== undefined) seek(chapterStarts[at + back]);
    else if (by < 0) seek(0);
  };

  // ---- YouTube: a button until somebody wants it ----

  const offerYouTube = () => {
    const place = document.getElementById("jx-youtube");
    if (!place) return;
    const load = () => {
      const before = player;
      const start = before.time();
      before.pause();
      player = new YouTube(place.dataset.video, start);
      place.replaceChildren(player.frame);
    };
    place.prepend(make("button", { type: "button", class: "jx-load", onclick: load }, "▶ Play the video", make("small", {}, "loads youtube.com; until then nothing is asked of it")));
  };

  // ---- the words ----

  let current = -1;
  let heldUntil = 0;
  const hold = () => (heldUntil = performance.now() + HELD);

  const bring = (panel, target, share = 0.3) => {
    if (panel.scrollHeight <= panel.clientHeight + 1) return;
    const top = target.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    panel.scrollTop += top - panel.clientHeight * share;
  };

  const follow = () => {
    const at = Math.max(countUpTo(data.starts, player.time() + 0.05) - 1, 0);
    if (at !== current) {
      spans[current]?.removeAttribute("aria-current");
      spans[at]?.setAttribute("aria-current", "true");
      if (!spans.includes(document.activeElement)) rove(at, false);
      current = at;
    } else if (heldUntil) return;
    if (spans[at] && performance.now() > heldUntil) bring(text, spans[at]);
    if (!caption.hidden) caption.textContent = player.time() <= data.ends[at] ? spans[at].textContent : "";
  };

  /* One sentence takes the Tab key; arrows go from one to the next. */
  let roving = -1;
  const rove = (at, focus = true) => {
    spans[roving]?.removeAttribute("tabindex");
    roving = Math.min(Math.max(at, 0), spans.length - 1);
    spans[roving]?.setAttribute("tabindex", "0");
    if (focus) {
      hold();
      spans[roving]?.focus({ preventScroll: true });
      bring(text, spans[roving], 0.4);
    }
  };

  // Chrome selects no words by dragging over what can be focused: for the mouse, no sentence can.
  text.addEventListener("pointerdown", () => spans[roving]?.removeAttribute("tabindex"));
  window.addEventListener("pointerup", () => setTimeout(() => spans[roving]?.setAttribute("tabindex", "0")));

  const chosen = () => !document.getSelection().isCollapsed;

  text.addEventListener("click", (event) => {
    const time = event.target.closest("a.jx-time");
    const span = event.target.closest("p > span");
    if (time) event.preventDefault(), seek(secondsOf(time.hash.slice(3)) ?? 0), history.replaceState(null, "", time.hash);
    else if (span && !chosen()) seek(data.starts[spans.indexOf(span)]);
  });
  text.addEventListener("keydown", (event) => {
    const at = spans.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") rove(at + 1);
    else if (event.key === "ArrowUp") rove(at - 1);
    else if (event.key === "Enter") seek(data.starts[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  ["wheel", "touchmove", "pointerdown"].forEach((kind) => text.addEventListener(kind, hold, { passive: true }));

  // ---- search ----

  const search = make("input", { type: "search", placeholder: "Search the words", "aria-label": "Search the words", autocomplete: "off", spellcheck: "false", title: HINT });
  const count = make("output", { class: "jx-count", role: "status" });
  const previous = make("button", { type: "button", "aria-label": "Previous match", disabled: true, onclick: () => go(-1) }, "↑");
  const next = make("button", { type: "button", "aria-label": "Next match", disabled: true, onclick: () => go(1) }, "↓");
  const PAINTED = 200; // matches that are coloured around the present one
  const alike = (word) => {
    const small = word.toLowerCase();
    return (small.length === word.length ? small : word).replace(/[_\u00a0-]/g, " "); // `stop_gradient` is said in two words
  };
  const offsets = [];
  let whole = "";
  let matches = [];
  let match = -1;
  let size = 0;

  const readWords = () => {
    const pieces = [];
    let at = 0;
    for (const span of spans) {
      const words = alike(span.textContent);
      offsets.push(at);
      pieces.push(words);
      at += words.length + 1;
    }
    whole = pieces.join(" ");
  };

  const find = (query, from = current) => {
    const wanted = alike(query.trim().replace(/\s+/g, " "));
    matches = [];
    size = wanted.length;
    for (let at = size ? whole.indexOf(wanted) : -1; at >= 0; at = whole.indexOf(wanted, at + size)) matches.push(at);
    const start = offsets[Math.max(from, 0)] ?? 0;
    match = matches.length ? countUpTo(matches, start - 1) % matches.length : -1;
    showMatch(false);
  };

  const spanOf = (at) => Math.max(countUpTo(offsets, matches[at]) - 1, 0);

  /* A place in a sentence, which the site's own search may have cut into several nodes. */
  const place = (span, offset) => {
    const walker = document.createTreeWalker(span, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    for (; node && offset > node.length; node = walker.nextNode()) offset -= node.length;
    return node ? [node, offset] : [span, 0];
  };

  const rangeOf = (at) => {
    const first = spanOf(at), last = Math.max(countUpTo(offsets, matches[at] + size - 1) - 1, first);
    const range = new Range();
    range.setStart(...place(spans[first], matches[at] - offsets[first]));
    range.setEnd(...place(spans[last], Math.min(matches[at] + size - offsets[last], spans[last].textContent.length)));
    return range;
  };

  const paint = () => {
    if (!window.Highlight) return spans.forEach((span, at) => span.classList.toggle("jx-match", match >= 0 && spanOf(match) === at));
    const first = Math.max(match - PAINTED / 2, 0);
    const near = matches.slice(first, first + PAINTED).map((_, at) => at + first).filter((at) => at !== match);
    CSS.highlights.set("jx-found", new Highlight(...(size > 1 ? near.map(rangeOf) : [])));
    CSS.highlights.set("jx-match", new Highlight(...(match >= 0 ? [rangeOf(match)] : [])));
  };

  const showMatch = (loudly = true) => {
    const asked = search.value.trim();
    count.textContent = !asked ? "" : matches.length ? `${match + 1} of ${matches.length}` : "none";
    previous.disabled = next.disabled = !matches.length;
    paint();
    if (match < 0) return;
    hold();
    if (loudly) rove(spanOf(match), false);
    bring(text, spans[spanOf(match)], 0.4);
  };

  const go = (by) => {
    if (!matches.length) return;
    match = (match + by + matches.length) % matches.length;
    showMatch();
  };

  search.addEventListener("input", () => find(search.value));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "ArrowDown") rove(match >= 0 ? spanOf(match) : current);
    else if (event.key === "Escape") (search.value = ""), find(""), search.blur(), (heldUntil = 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // ---- slide and code ----

  const shownTimes = data.shown.map(([time]) => time);
  const changes = [...new Set([
    ...shownTimes, ...data.restarts,
    ...data.runs.flatMap((run) => [run.t, ...run.out.flatMap((out) => [out.t, ...(out.end === undefined ? [] : [out.end])])]),
  ])].sort((a, b) => a - b);
  const held = new Map(); // step id, or number of a run → how its cell is drawn now
  let drawnAt = -1;
  let drawnSlide = null;

  const codeOf = (run, step) => {
    const code = make("code");
    if (run?.diff) {
      for (const [what, line] of run.diff) {
        const row = make(what === "+" ? "ins" : what === "-" ? "del" : "span", { class: "jx-line" });
        row.innerHTML = line || " ";
        code.append(row, "\n");
      }
    } else code.innerHTML = run?.code ?? data.steps[step] ?? "";
    return make("div", { class: "highlight" }, make("pre", { tabindex: "0" }, code));
  };

  const lastStates = (text) => text.split("\n").map((line) => line.replace(/\r+$/, "").replace(/^.*\r/, "")).join("\n");

  const outputsOf = (run, time) => {
    const visible = run.out.filter((out) => out.t <= time && (out.end === undefined || time < out.end));
    const joined = [];
    for (const out of visible) {
      const last = joined.at(-1);
      if (last && last.kind === out.kind && /^std/.test(out.kind)) joined[joined.length - 1] = { ...last, text: last.text + out.text, cut: (last.cut ?? 0) + (out.cut ?? 0) };
      else joined.push(out);
    }
    return joined.map((out) => {
      if (out.kind === "figure") return make("img", { class: "jx-figure", src: out.src, alt: out.alt });
      if (out.kind === "error") {
        const trace = out.trace ? [make("details", {}, make("summary", {}, "Show the traceback"), make("pre", { class: "jx-output" }, out.trace))] : [];
        return make("div", { class: "jx-error" }, make("p", { class: "jx-label" }, "Error"), make("pre", { class: "jx-message" }, out.text), ...trace);
      }
      const rest = out.cut ? `\n… ${out.cut} more` : "";
      return make("pre", { class: `jx-output${out.kind === "stderr" ? " jx-stderr" : ""}` }, lastStates(out.text).replace(/\n+$/, "") + rest);
    });
  };

  const wordsOf = (run, again) => {
    const words = [make("a", { href: `#t=${Math.floor(run.t)}`, class: "jx-time", onclick: (event) => (event.preventDefault(), seek(run.t)) }, clock(run.t))];
    if (run.rehearsed) words.push(data.shown.length && run.status === "rehearsed" ? " as built" : " with the rehearsed output");
    else words.push(again > 1 ? ` run, for the ${again}${["th", "st", "nd", "rd"][again] ?? "th"} time` : " run");
    if (run.seconds) words.push(`, took ${run.seconds} s`);
    if (run.status === "aborted") words.push(", stopped");
    if (run.diff) words.push(" ", make("strong", { class: "jx-changed" }, "differs from the script"));
    else if (run.code && !run.step) words.push(" ", make("strong", { class: "jx-changed" }, "not in the script"));
    return words;
  };

  /* A cell as of `time`; returns whether it had to be drawn anew. */
  const drawCell = (place, step, runs, time) => {
    const done = runs.filter((run) => run.t <= time);
    const run = done.at(-1);
    const state = run ? `${done.length}/${run.out.filter((out) => out.t <= time).length}/${run.out.filter((out) => out.end <= time).length}` : "";
    if (held.get(place) === state) return false;
    held.set(place, state);
    const label = make("p", { class: "jx-cell-label" }, ...(run ? wordsOf(run, done.length) : ["not run yet"]));
    place.className = `jx-cell jx-step${run ? "" : " jx-waiting"}`;
    place.replaceChildren(label, codeOf(run, step), ...(run ? outputsOf(run, time) : []));
    return Boolean(run);
  };

  let cells = []; // [place, step, runs] of the slide that is drawn

  const drawSlide = (id) => {
    const slide = data.slides[id];
    const title = make("h2", { class: "jx-slide-title" }, slide?.title || "");
    if (slide) title.append(" ", make("a", { class: "jx-there", href: slide.link }, "in the lecture"));
    const known = new Set();
    held.clear();
    cells = [];
    const parts = (slide?.parts ?? []).map((part) => {
      if (typeof part === "string") {
        const prose = make("div", { class: "jx-prose" });
        prose.innerHTML = part;
        const heading = prose.querySelector("h1, h2, h3");
        if (heading?.textContent.trim() === slide.title) heading.remove(); // the title says it
        return prose;
      }
      known.add(part.step);
      const place = make("div");
      cells.push([place, part.step, data.runs.filter((run) => run.step === part.step)]);
      return place;
    });
    const own = data.runs.filter((run) => run.slide === id && !known.has(run.step)).map((run) => {
      const place = make("div");
      cells.push([place, run.step ?? "", [run]]);
      place.hidden = true;
      return place;
    });
    panels.cells.replaceChildren(title, ...parts, ...own);
    panels.cells.scrollTop = 0;
    document.dispatchEvent(new CustomEvent("jaxstudy:fresh", { detail: panels.cells }));
  };

  /* Scrolls only when some of the cell is out of sight. */
  const bringWhole = (place) => {
    const [inner, outer] = [place, panels.cells].map((one) => one.getBoundingClientRect());
    if (inner.top < outer.top || inner.bottom > outer.bottom) bring(panels.cells, place, 0.05);
  };

  const drawCells = () => {
    const time = player.time() + 0.005;
    const at = countUpTo(changes, time);
    if (at === drawnAt) return;
    drawnAt = at;
    const shown = Math.max(countUpTo(shownTimes, time) - 1, 0);
    const id = data.shown[shown]?.[1] ?? data.runs[0]?.slide ?? null;
    const turned = id !== drawnSlide;
    if (turned) drawSlide((drawnSlide = id));
    let latest = null; // the cell that ran last
    for (const [place, step, runs] of cells) {
      place.hidden = !data.steps[step] && runs[0].t > time;
      const ran = runs.filter((run) => run.t <= time).at(-1);
      if (ran && !(ran.t < latest?.t)) latest = { t: ran.t, place };
      if (drawCell(place, step, runs, time) && !turned) news.textContent = `${clock(time)}: a cell has run`;
    }
    if (latest && (!turned || latest.t >= (shownTimes[shown] ?? 0))) bringWhole(latest.place);
    if (turned) news.textContent = `${clock(time)}: ${data.slides[id]?.title ?? ""}`;
  };

  // ---- the notebook as of here ----

  const takeNotebook = () => {
    if (window.jaxstudyNotebook) return save();
    document.head.append(make("script", { src: `${root.dataset.name}/notebook.js`, onload: () => save(), onerror: () => (said.textContent = "The notebook is missing") }));
  };

  const save = () => {
    const time = player.time() + 0.005;
    const { cells: parts, ...rest } = window.jaxstudyNotebook;
    const cells = parts.filter((part) => part.t <= time).map(({ cell, outputs = [] }) => {
      if (cell.cell_type !== "code") return cell;
      return { ...cell, outputs: outputs.filter(([start, end]) => start <= time && (end === null || time < end)).map(([, , out]) => out) };
    });
    const url = URL.createObjectURL(new Blob([JSON.stringify({ ...rest, cells }, null, 1)], { type: "application/x-ipynb+json" }));
    const name = `${root.dataset.name}-${clock(time).replaceAll(":", "-")}.ipynb`;
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    said.textContent = `${name} saved: ${cells.filter((cell) => cell.id.startsWith("run-")).length} cells`;
  };

  // ---- addresses ----

  const fromAddress = () => {
    let hash = location.hash;
    try { hash = decodeURIComponent(hash); } catch { hash = ""; }
    const asked = new URLSearchParams(location.search).get("h")?.trim();
    const heading = hash.startsWith("#chapter-") ? document.getElementById(hash.slice(1)) : null;
    let time = hash.startsWith("#t=") ? secondsOf(hash.slice(3)) : heading ? Number(heading.dataset.t) : null;
    const named = document.getElementById(hash.slice(1));
    if (time !== null && spans.includes(named)) time = data.starts[spans.indexOf(named)];
    if (asked) time = fromSearch(asked, time);
    if (time === null) return update(true);
    seek(time);
    root.scrollIntoView({ block: "start" });
  };

  /* The browser goes to the address's place by itself, and the site marks what was searched for: both after us. */
  const settle = () => {
    if (location.hash) root.scrollIntoView({ block: "start" });
    paint();
    follow();
  };

  /* The site's search led here: to the sentence, not only to its chapter. */
  const fromSearch = (asked, time) => {
    const from = time === null ? 0 : countUpTo(data.starts, time - 0.5);
    const tries = [asked, ...asked.split(/\s+/).sort((a, b) => b.length - a.length)];
    for (const query of tries) {
      search.value = query;
      find(query, from);
      if (matches.length) return data.starts[spanOf(match)];
    }
    search.value = "";
    find("");
    return time;
  };

  // ---- keys ----

  const KEYS = {
    " ": toggle, k: toggle, j: () => seek(player.time() - 10), l: () => seek(player.time() + 10),
    ArrowLeft: () => seek(player.time() - 5), ArrowRight: () => seek(player.time() + 5),
    "[": () => toChapter(-1), "]": () => toChapter(1), "<": () => rate(-1), ">": () => rate(1), c: toggleCaptions,
    "/": () => (showView("words"), search.focus(), search.select()), n: () => go(1), N: () => go(-1), "?": () => help.showModal(),
  };

  /* Before the site's own keys, of which some are the same. */
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || event.defaultPrevented) return;
    // Just after the dialog was closed, and until the next frame, keys still go to what had the focus in there.
    const target = event.target instanceof Element && !help.contains(event.target) ? event.target : document.body;
    if (target.closest("input:not([type=range]), textarea, [contenteditable]")) return;
    if (target.closest("select") && !/^[jlckn/?[\]<>]$/i.test(event.key)) return;
    if (event.key === " " && target.closest("button, summary, a")) return;
    if (event.key.startsWith("Arrow") && target.closest("input, pre, .jx-cells")) return;
    if (event.key.startsWith("Arrow") && document.querySelector("[data-md-toggle=search]")?.checked) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }, { capture: true });

  // ---- all together ----

  let lastSecond = -1;

  const update = (now = false) => {
    const time = player.time();
    const second = Math.floor(time);
    if (now || second !== lastSecond) {
      lastSecond = second;
      shownTime.textContent = `${clock(time)} / ${clock(data.seconds)}`;
      rail.value = String(second);
      const at = Math.max(countUpTo(chapterStarts, time + 0.05) - 1, 0);
      chapter.selectedIndex = at;
      rail.setAttribute("aria-valuetext", `${clock(time)}${data.chapters[at] ? `, ${data.chapters[at][1]}` : ""}`);
      notebook.title = `What had been run by ${clock(time)}, to run it yourself`;
    }
    const playing = player.playing;
    play.textContent = playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    follow();
    drawCells();
  };

  const build = () => {
    stage.append(
      caption,
      make("div", { class: "jx-bar" }, play, shownTime, make("div", { class: "jx-rail" }, rail, marks), speed),
      make("div", { class: "jx-bar jx-more" }, chapter, notebook, captions, share, keys), said, news, help);
    chapter.hidden = data.chapters.length < 2;
    panels.words.prepend(make("div", { class: "jx-search", role: "search" }, search, count, previous, next));
    text.tabIndex = -1;
    panels.cells.hidden = !data.shown.length && !data.runs.length;
    if (!panels.cells.hidden) root.insertBefore(views, panels.cells);
    placeMarks();
    readWords();
    offerYouTube();
    root.dataset.ready = "yes";
    showView("words");
    const box = document.getElementById("jx-chapters-text");
    box?.after(make("button", { type: "button", onclick: () => (box.select(), navigator.clipboard?.writeText(box.value)) }, "Copy"));
    window.addEventListener("hashchange", fromAddress);
    fromAddress();
    setTimeout(settle, 100);
    window.addEventListener("load", () => setTimeout(settle, 100));
    setInterval(() => player.playing !== (play.textContent !== "▶") || player.playing ? update() : element && update(), 150);
  };

  build();
})();
