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
      box.classList.toggle("live", step.live);
      box.classList.toggle("ran", step.ran);
      const typed = step.live && !step.ran ? step.typed || 0 : 0;
      if (typed > 0) {
        // What stands there already is pale: the eye finds the line to type next.
        const done = document.createElement("span");
        done.className = "typed";
        done.textContent = step.source.slice(0, typed);
        box.append(done);
      }
      box.append(step.source.slice(Math.max(0, typed)));
      box.classList.toggle("differs", typed < 0);
      return box;
    }));
  }

  function button(words, name, act) {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = words;
    one.setAttribute("aria-label", name);
    one.onclick = act;
    return one;
  }

  /* All that strangers wrote goes in as text. */
  function showQuestions(questions) {
    const wanted = JSON.stringify(questions);
    if (at("questions").dataset.shown === wanted) {
      return;
    }
    at("questions").dataset.shown = wanted;
    at("questions").replaceChildren(...questions.map(function (question) {
      const line = document.createElement("li");
      const votes = document.createElement("b");
      votes.textContent = question.votes;
      votes.title = "votes";
      const text = document.createElement("p");
      text.textContent = question.text;
      text.dir = "auto";
      const by = document.createElement("small");
      by.textContent = question.by;
      by.dir = "auto";
      const settle = (what) => () => ask(what, question.id);
      const buttons = document.createElement("span");
      buttons.append(button("✓", "Answered", settle("answered")), button("Hide", "Hide from everybody", settle("hide")));
      line.append(votes, text, buttons, by);
      return line;
    }));
  }

  function showAudience(audience, questions) {
    at("audience").hidden = !audience.address;
    if (!audience.address) {
      return;
    }
    showQuestions(questions);
    at("waiting").hidden = !questions.length;
    write("waiting", questions.length + (questions.length === 1 ? " question" : " questions"));
    const follow = audience.followers || 0;
    write("followers", follow + (follow === 1 ? " follows" : " follow") + (questions.length ? ", " + questions.length + " waiting" : ""));
    if (at("address").textContent !== audience.address) {
      at("address").textContent = audience.address;
      at("address").href = audience.address;
      at("qr").src = "speaker-qr.svg";
    }
    const here = window.location.pathname.startsWith("/jaxstudy/");
    at("phone").hidden = !(audience.phone && here);
    if (audience.phone && here && !at("phone-qr").src) {
      at("phone-qr").src = "speaker-phone.svg";
    }
  }

  function showNotices(notices) {
    const wanted = JSON.stringify(notices);
    if (at("notices").dataset.shown === wanted) {
      return;
    }
    at("notices").dataset.shown = wanted;
    at("notices").replaceChildren(...notices.map(function (words) {
      const line = document.createElement("li");
      line.textContent = words;
      return line;
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
    showNotices(state.notices || []);
    showAudience(state.audience || {}, state.questions || []);
    lost(state.stage ? "" : "The slides are not open in any browser.");
  }

  function lost(why) {
    at("lost").hidden = !why;
    write("lost", why);
  }

  function connect() {
    const scheme = window.location.protocol === "https:" ? "wss://" : "ws://";
    // Beside the page: it is served by the notebook server, and for a phone by the audience's.
    const beside = window.location.pathname.replace(/speaker$/, "speaker/live");
    socket = new WebSocket(scheme + window.location.host + beside);
    socket.onmessage = (message) => show(JSON.parse(message.data));
    socket.onclose = function () {
      lost("The server is gone. Waiting for it…");
      window.setTimeout(connect, AGAIN);
    };
  }

  function ask(what, question) {
    if (socket && socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ do: what, question }));
    }
  }

  at("forward").onclick = () => ask("next");
  at("previous").onclick = () => ask("previous");
  at("restart").onclick = () => ask("restart");
  document.addEventListener("keydown", function (event) {
    const wish = { ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "previous", PageUp: "previous" }[event.key];
    if (wish && !(event.key === " " && event.target.closest("button, summary, a"))) {
      event.preventDefault();
      ask(wish);
    }
  });
  connect();
})();
