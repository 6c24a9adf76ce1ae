/* The speaker's window: shows what the server says about the talk, asks it for steps. */
(function () {
  "use strict";

  const AGAIN = 1000; // ms until the next try to connect
  const at = (id) => document.getElementById(id);
  let socket = null;

  function minutes(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  }

  function write(id, text) {
    if (at(id).textContent !== text) {
      at(id).textContent = text;
    }
  }

  function showCode(steps) {
    const wanted = JSON.stringify(steps);
    if (at("code").dataset.shown === wanted) {
      return;
    }
    at("code").dataset.shown = wanted;
    at("code").replaceChildren(...steps.map(function (step) {
      const box = document.createElement("pre");
      box.textContent = step.source;
      box.classList.toggle("live", step.live);
      box.classList.toggle("ran", step.ran);
      return box;
    }));
  }

  function showNotes(html) {
    // Written by the server from the lecture's own notes, where raw HTML was turned into text.
    if (at("notes").dataset.shown !== html) {
      at("notes").dataset.shown = html;
      at("notes").innerHTML = html || '<p class="quiet">No notes.</p>';
      window.scrollTo(0, 0);
    }
  }

  function showPace(pace, section) {
    write("elapsed", minutes(pace.elapsed));
    write("of", pace.planned ? "of " + minutes(pace.planned) : "");
    write("word", pace.word);
    document.body.classList.toggle("is-late", pace.planned > 0 && pace.late >= 60);
    const share = (seconds) => (pace.planned ? Math.min(100, (100 * seconds) / pace.planned) : 0) + "%";
    at("used").style.width = share(pace.elapsed);
    at("due").style.left = share(pace.elapsed - pace.late);
    const budget = section.seconds ? " of " + minutes(section.seconds) : "";
    const last = section.last ? ", last time " + minutes(section.last) : "";
    write("where", section.title + ": " + minutes(pace.spent) + budget + last);
    at("skip").replaceChildren(...pace.skip.map(function (hint) {
      const line = document.createElement("li");
      line.textContent = "Late? " + hint;
      return line;
    }));
  }

  function show(state) {
    document.title = state.slide.number + "/" + state.slide.of + " " + state.lecture;
    write("title", state.slide.number + " / " + state.slide.of + "  " + (state.slide.title || state.lecture));
    write("next", state.next || "the end");
    showNotes(state.notes);
    showCode(state.slide.code);
    showPace(state.pace, state.section);
    lost(state.stage ? "" : "The slides are not open in any browser.");
  }

  function lost(why) {
    at("lost").hidden = !why;
    write("lost", why);
  }

  function connect() {
    const scheme = window.location.protocol === "https:" ? "wss://" : "ws://";
    socket = new WebSocket(scheme + window.location.host + "/jaxstudy/speaker/live");
    socket.onmessage = (message) => show(JSON.parse(message.data));
    socket.onclose = function () {
      lost("The server is gone. Waiting for it…");
      window.setTimeout(connect, AGAIN);
    };
  }

  function ask(what) {
    if (socket && socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ do: what }));
    }
  }

  at("forward").onclick = () => ask("next");
  at("previous").onclick = () => ask("previous");
  at("restart").onclick = () => ask("restart");
  document.addEventListener("keydown", function (event) {
    const wish = { ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "previous", PageUp: "previous" }[event.key];
    if (wish && !(event.key === " " && event.target.tagName === "BUTTON")) {
      event.preventDefault();
      ask(wish);
    }
  });
  connect();
})();
