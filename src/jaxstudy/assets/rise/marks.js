/* `m` marks this moment in the recording; and a quiet line in a corner for what the recorder has to say. custom.js loads
   this; the key `m` of the notebook itself, which turns cells into text, is gone by then. */
define(["base/js/namespace", "custom/companion"], function (Jupyter, companion) {
  "use strict";

  const SHOWN = 2500; // ms
  const READ = 12000; // ms, for a sentence
  const line = document.createElement("p");
  let hiding = 0;

  function say(words) {
    window.clearTimeout(hiding);
    line.textContent = words;
    line.hidden = false;
    hiding = window.setTimeout(() => (line.hidden = true), words.length > 40 ? READ : SHOWN);
  }

  function start() {
    line.id = "jx-said";
    line.hidden = true;
    line.setAttribute("role", "status");
    document.body.append(line);
    companion.hear((told) => told.say && say(told.say));
    const handler = function () {
      companion.report({ kind: "mark" });
      return false;
    };
    const help = "mark this moment in the recording";
    const action = Jupyter.keyboard_manager.actions.register({ help, handler }, "mark", "jaxstudy");
    Jupyter.keyboard_manager.command_shortcuts.set_shortcut("m", action);
  }

  return { start };
});
