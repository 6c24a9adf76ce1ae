/* Tells the server where the slides are and which cells run; steps when the speaker's window asks. Never touches the
   kernel, and never stands in the way: without a connection the slides go on as they are. custom.js loads this. */
define(["base/js/namespace", "notebook/js/codecell", "custom/plan"], function (Jupyter, codecell, plan) {
  "use strict";

  const AGAIN = 1000; // ms until the next try to connect
  const WAITING = 200; // reports kept while there is no connection
  const STROKES = 80; // ms in which key strokes are told together
  const ids = new Map(); // cell → step id
  const unsent = [];
  const listeners = []; // other parts of the page, told all that the server says
  let socket = null;
  let named = false;
  let shown = false;

  /* Cells in the order of the lecture. Where cells were added live, each step is the next cell with its text. */
  function nameCells(cells) {
    let from = 0;
    plan.steps.forEach(function (step, place) {
      const same = (cell, n) => n >= from && cell.get_text().trimEnd() === step.source.trimEnd();
      const found = cells.length === plan.steps.length ? place : cells.findIndex(same);
      if (found >= 0) {
        ids.set(cells[found], step.id);
        from = found + 1;
      }
    });
  }

  function report(message) {
    if (socket && socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify(message));
    } else {
      unsent.push(message);
      unsent.splice(0, unsent.length - WAITING);
    }
  }

  function reportSlide() {
    const slide = window.Reveal.getCurrentSlide();
    const cell = Jupyter.notebook.get_cells().find((one) => slide.contains(one.element[0]) && ids.has(one));
    if (cell) {
      report({ kind: "slide", step: ids.get(cell), fragment: window.Reveal.getIndices().f ?? -1 });
    }
  }

  function reportRuns() {
    const execute = codecell.CodeCell.prototype.execute;
    codecell.CodeCell.prototype.execute = function () {
      const answer = execute.apply(this, arguments);
      if (ids.has(this) && this.last_msg_id) {
        report({ kind: "run", step: ids.get(this), message: this.last_msg_id, source: this.get_text() });
      }
      return answer;
    };
  }

  /* How far a live cell has been typed, for the speaker's window to show what comes: characters of the rehearsed text,
     or -1 when it is another. */
  function reportTyping() {
    plan.steps.forEach(function (step) {
      const cell = cellOf(step.id);
      if (!cell || !cell.code_mirror || !(cell.metadata.tags || []).includes("live")) {
        return;
      }
      let waiting = null;
      const tell = function () {
        waiting = null;
        const text = cell.get_text();
        report({ kind: "typing", step: step.id, typed: step.source.startsWith(text) ? text.length : -1 });
      };
      cell.code_mirror.on("change", () => (waiting = waiting || window.setTimeout(tell, STROKES)));
    });
  }

  /* The address to follow at, on the title slide: for a phone's camera, and to type from the wall. */
  function invite(told) {
    const title = document.querySelector(".slides > section > section");
    if (!title || document.querySelector(".jx-invite")) {
      return;
    }
    const box = document.createElement("figure");
    const code = document.createElement("img");
    const words = document.createElement("figcaption");
    box.className = "jx-invite";
    code.src = told.qr;
    code.alt = "QR code of the address below";
    words.textContent = told.address.replace(/^http:\/\//, "");
    box.append(code, words);
    title.append(box);
  }

  function connect() {
    const scheme = window.location.protocol === "https:" ? "wss://" : "ws://";
    socket = new WebSocket(scheme + window.location.host + "/jaxstudy/stage");
    socket.onopen = function () {
      unsent.splice(0).forEach(report);
      reportSlide();
    };
    socket.onmessage = function (message) {
      const told = JSON.parse(message.data);
      const wish = told.do;
      if (wish === "next") {
        window.Reveal.next();
      } else if (wish === "previous") {
        window.Reveal.prev();
      } else if (wish === "invite") {
        invite(told);
      }
      listeners.forEach((listener) => listener(told));
    };
    socket.onclose = () => window.setTimeout(connect, AGAIN);
  }

  /* RISE's own key for its window is t; ours is s, as in the decks. */
  function bindSpeakerWindow() {
    const open = function () {
      window.open("/jaxstudy/speaker", "jaxstudy-speaker", "width=1100,height=700");
      return false;
    };
    const action = Jupyter.keyboard_manager.actions.register(
      { help: "speaker window with notes, clock and budget", handler: open }, "speaker-window", "jaxstudy");
    Jupyter.keyboard_manager.command_shortcuts.set_shortcut("s", action);
  }

  function sayWhenReady(onStage) {
    if (!named || !shown) {
      return;
    }
    if (onStage) {
      connect(); // not before: what the server says at once must find those who listen
    }
    document.documentElement.dataset.jaxstudy = "slides"; // all is up: keys, names, the slides themselves
  }

  /* The notebook is there, and its cells still have their text. The frames of RISE's own window report nothing. */
  function onNotebook(onStage) {
    if (onStage) {
      nameCells(Jupyter.notebook.get_cells());
      reportRuns();
      bindSpeakerWindow();
      reportTyping();
    }
    named = true;
    sayWhenReady(onStage);
  }

  /* The slides are there. */
  function onSlides(onStage) {
    if (onStage) {
      const steps = ["slidechanged", "fragmentshown", "fragmenthidden"];
      steps.forEach((step) => window.Reveal.addEventListener(step, reportSlide));
    }
    shown = true;
    sayWhenReady(onStage);
  }

  const idOf = (cell) => ids.get(cell);
  const cellOf = (id) => [...ids.keys()].find((cell) => ids.get(cell) === id);
  const hear = (listener) => listeners.push(listener);

  return { onNotebook, onSlides, report, idOf, cellOf, hear };
});
