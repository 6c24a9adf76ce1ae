/* A talk that can't get lost: rehearsed outputs where a cell fails, kernels that are put in each other's place, jumps to
   any step with its state. The server keeps the standby kernel (present/standby); without it, or before it is there, the
   slides go on as they are. custom.js loads this once the cells have their names. */
define(["jquery", "base/js/namespace", "base/js/events", "notebook/js/codecell", "custom/plan", "custom/companion"],
function ($, Jupyter, events, codecell, plan, companion) {
  "use strict";

  const LOOK = 200; // ms between two looks at the clock of a running cell
  const READ = 9000; // ms that a message of good news stays
  const pending = []; // runs that were not answered yet, in order: {cell, message, since, offered}
  const lived = new WeakSet(); // cells that ran here
  const passed = new Set(); // cells that the standby ran in the presenter's place, and that nobody has looked at since
  let steps = []; // of the rehearsal: those that run, in order
  let numbers = new Map(); // step id → its place among them
  let standby = { position: 0, ready: false, goal: null };
  let offered = null; // the cell whose recorded output `r` shows
  let wanted = ""; // step to go to as soon as its state is there

  // ------------------------------------------------------------------------------------------------------- the bar

  const bar = $("<div/>", { id: "jx-rescue", role: "status" }).hide();
  let hiding = 0;

  /* Words, and keys as [key, what it does]. */
  function say(words, keys = [], stays = true) {
    window.clearTimeout(hiding);
    bar.empty().append($("<span/>").text(words));
    keys.forEach(([key, does]) => bar.append($("<kbd/>").text(key), $("<span/>").text(does)));
    bar.show();
    if (!stays) {
      hiding = window.setTimeout(hush, READ);
    }
  }

  function hush() {
    bar.hide();
    offered = null;
  }

  /* What is said of a cell is said on its slide. */
  function leaveBehind() {
    if (offered && !window.Reveal.getCurrentSlide().contains(offered.element[0])) {
      hush();
    }
  }

  // --------------------------------------------------------------------------------------------- recorded outputs

  function rehearsed(cell) {
    return steps[numbers.get(companion.idOf(cell))];
  }

  function isExpected(cell) {
    return (cell.metadata.tags || []).includes("raises-exception");
  }

  function scriptOf(id) {
    return plan.steps.find((step) => step.id === id).source;
  }

  /* Type the rest of a live cell that nobody came to; what the presenter typed otherwise stands. */
  function fill(cell) {
    const script = scriptOf(companion.idOf(cell));
    if (!lived.has(cell) && script.startsWith(cell.get_text()) && script !== cell.get_text()) {
      cell.set_text(script);
    }
  }

  /* Put what the rehearsal gave where the cell's output goes, marked. False when nothing is known of the cell. */
  function showRecorded(cell) {
    const step = rehearsed(cell);
    if (!step || !step.outputs) {
      return false;
    }
    if (cell.last_msg_id) {
      cell.kernel.clear_callbacks_for_msg(cell.last_msg_id); // what comes late is not to be mixed with it
    }
    fill(cell);
    cell.element.removeClass("running").addClass("jx-recorded");
    cell.set_input_prompt(null);
    cell.output_area.clear_output(false, true);
    cell.output_area.trusted = true; // our own build's, under its checksum
    step.outputs.forEach((output) => cell.output_area.append_output(JSON.parse(JSON.stringify(output))));
    cell.output_area.element.prepend($("<p/>").addClass("jx-recorded-label").text(
      step.outputs.length ? "recorded at the rehearsal" : "recorded at the rehearsal: no output"));
    return true;
  }

  /* A cell that the standby ran in the presenter's place: its text, and its output if it has any. */
  function passOver(cell) {
    const step = rehearsed(cell);
    if (step.outputs && step.outputs.length) {
      showRecorded(cell);
    } else {
      fill(cell);
    }
  }

  /* Those on the slide that is shown, and no others: each output makes the browser lay out the whole page, which takes
     seconds for all of a long lecture. */
  function showPassed() {
    const slide = window.Reveal.getCurrentSlide();
    const here = [...passed].filter((cell) => slide.contains(cell.element[0]));
    here.forEach((cell) => passed.delete(cell));
    here.filter((cell) => !lived.has(cell) && !cell.element.hasClass("jx-recorded")).forEach(passOver);
  }

  function offer(cell, why) {
    const step = rehearsed(cell);
    if (!step) {
      return;
    }
    offered = cell;
    if (step.outputs) {
      say(why, [["r", "shows the recorded output, and the talk goes on"]]);
    } else {
      say(why + " Nothing was recorded: the lecture was not built.", [], false);
    }
  }

  /* The key: the cell that failed, or else the one selected. */
  function takeRecorded() {
    const cell = offered || Jupyter.notebook.get_selected_cell();
    if (!cell || cell.cell_type !== "code" || !showRecorded(cell)) {
      say("Nothing was recorded of this cell.", [], false);
      return;
    }
    const run = pending.find((one) => one.cell === cell);
    companion.report({ kind: "rehearsed", step: companion.idOf(cell), message: run ? run.message : cell.last_msg_id });
    hush();
  }

  // ------------------------------------------------------------------------------------------------- cells that run

  function watchRuns() {
    const execute = codecell.CodeCell.prototype.execute;
    codecell.CodeCell.prototype.execute = function () {
      this.element.removeClass("jx-recorded");
      if (this === offered) {
        hush();
      }
      forget((one) => one.cell === this);
      lived.add(this);
      const answer = execute.apply(this, arguments);
      if (companion.idOf(this) && this.last_msg_id && this.element.hasClass("running")) {
        pending.push({ cell: this, message: this.last_msg_id, since: 0, offered: false });
      }
      return answer;
    };
    const reply = codecell.CodeCell.prototype._handle_execute_reply;
    codecell.CodeCell.prototype._handle_execute_reply = function (message) {
      reply.apply(this, arguments);
      ended(this, message.content, message.parent_header.msg_id);
    };
    window.setInterval(lookAtTheClock, LOOK);
  }

  function forget(which) {
    pending.splice(0, pending.length, ...pending.filter((one) => !which(one)));
  }

  function ended(cell, content, message) {
    const step = companion.idOf(cell);
    forget((one) => one.cell === cell);
    if (!step) {
      return;
    }
    const fine = (content.status === "error") === isExpected(cell) || content.status === "ok";
    companion.report({ kind: "ran", step, status: fine ? "ok" : content.status, message });
    if (cell === offered) {
      hush(); // it came to its end after all
    }
    if (content.status === "error" && !isExpected(cell)) {
      offer(cell, "This cell raised " + content.ename + ".");
    }
  }

  function lookAtTheClock() {
    const head = pending[0];
    if (!head) {
      return;
    }
    head.since = head.since || Date.now(); // those behind it wait for their turn
    const step = rehearsed(head.cell);
    if (step && !head.offered && Date.now() - head.since > 1000 * step.budget) {
      head.offered = true;
      const took = step.seconds === null ? "" : ", rehearsed in " + step.seconds.toFixed(1) + " s";
      offer(head.cell, "Still running after " + Math.round(step.budget) + " s" + took + ".");
    }
  }

  // ---------------------------------------------------------------------------------------- one kernel for another

  function codeCells() {
    return Jupyter.notebook.get_cells().filter((cell) => cell.cell_type === "code");
  }

  /* The page's own kernel object stays, and talks to another process from now on. */
  function connectTo(id) {
    const kernel = Jupyter.notebook.kernel;
    if (!kernel || kernel.id === id) {
      return;
    }
    if (kernel.ws) {
      kernel.ws.onmessage = null; // what the old one still says is of no use
    }
    kernel._msg_callbacks = {};
    kernel._msg_callbacks_overrides = {};
    kernel._display_id_to_parent_ids = {};
    kernel._pending_messages = [];
    kernel._reconnect_attempt = 0;
    Jupyter.notebook.session.kernel_model.id = id;
    codeCells().filter((cell) => cell.element.hasClass("running")).forEach(function (cell) {
      cell.element.removeClass("running");
      cell.set_input_prompt(null);
    });
    kernel._kernel_created({ id, name: kernel.name });
  }

  function swapped(told) {
    const waiting = pending.splice(0);
    const goes = told.why === "goto";
    connectTo(told.kernel);
    const before = steps.slice(0, told.position).map((step) => companion.cellOf(step.id)).filter(Boolean);
    events.trigger("swapped.Jaxstudy", { ran: before }); // hidden cells among them need not run again
    before.forEach((cell) => passed.add(cell));
    const failed = told.failed.length ? " Failed in it: " + told.failed.join(", ") + "." : "";
    if (goes && wanted) {
      move(told.step);
    }
    wanted = "";
    showPassed();
    if (told.why === "died") {
      const cell = companion.cellOf(told.step);
      const words = "The kernel died. Another one is in its place, with the script's values up to here." + failed;
      say(words, cell ? [["r", "shows the recorded output"]] : [], Boolean(cell));
      offered = cell || null;
      return;
    }
    say("The kernel has the script's values up to here, without your live edits." + failed, [], false);
    // Cells that were asked for meanwhile, and that come after this place.
    waiting.filter((one) => numbers.get(companion.idOf(one.cell)) >= told.position).forEach((one) => one.cell.execute());
  }

  function died(told) {
    const cell = companion.cellOf(told.step);
    offered = cell || null;
    say("The kernel died. Another one is being made ready.", cell ? [["r", "shows the recorded output"]] : []);
  }

  // --------------------------------------------------------------------------------------------------------- jumps

  /* How many cells must run before the state of a step is there; 0: at once. */
  function cost(step) {
    const index = indexOf(step);
    return standby.ready && standby.position <= index ? index - standby.position : index;
  }

  /* How many of the steps that run stand before this one. */
  function indexOf(step) {
    let count = 0;
    for (const one of plan.steps) {
      if (one.id === step) {
        return count;
      }
      count += numbers.has(one.id) ? 1 : 0;
    }
    return count;
  }

  function move(step) {
    const cell = companion.cellOf(step);
    if (!cell) {
      return;
    }
    const at = window.Reveal.getIndices(cell.element.closest("section").get(0));
    const fragment = cell.element.closest(".fragment").attr("data-fragment-index");
    window.Reveal.slide(at.h, at.v, fragment === undefined ? -1 : Number(fragment));
  }

  function go(step) {
    pending.splice(0);
    wanted = step;
    companion.report({ kind: "goto", step });
    if (cost(step)) {
      progress();
    }
  }

  /* A second `g`: there at once, and the state follows. Esc: stay, and leave the kernel as it is. */
  function goNow() {
    move(wanted);
    wanted = "";
    say("Not everything before this has run yet. The kernel follows.", [], true);
  }

  function stay() {
    if (wanted) {
      wanted = "";
      companion.report({ kind: "stay" });
    }
    hush();
  }

  function progress() {
    const goal = standby.goal;
    if (!wanted && !(goal && goal.why === "died")) {
      return;
    }
    const all = goal ? goal.index : indexOf(wanted);
    const done = Math.min(standby.ready ? standby.position : 0, all);
    const words = "running " + Math.min(done + 1, all) + " of " + all + " cells before it…";
    if (wanted) {
      say("Getting there: " + words, [["g", "goes at once, without their values"], ["Esc", "stays"]]);
    } else {
      say("The kernel died. Another one is being made ready: " + words, offered ? [["r", "shows the recorded output"]] : []);
    }
  }

  // ------------------------------------------------------------------------------------------------------ beginning

  function load() {
    fetch("/jaxstudy/rehearsal").then((answer) => (answer.ok ? answer.json() : { steps: [] })).then(function (found) {
      steps = found.steps;
      numbers = new Map(steps.map((step, place) => [step.id, place]));
      document.documentElement.dataset.jaxstudyRehearsed = steps.filter((step) => step.outputs).length;
    }).catch(() => undefined);
  }

  function heard(told) {
    if (told.do === "standby") {
      standby = told;
      if (told.gone && wanted) {
        move(wanted);
        wanted = "";
        say("No standby kernel could be started: nothing before this was run.", [], false);
        return;
      }
      document.documentElement.dataset.jaxstudyStandby = told.ready && !told.goal ? told.position : "";
      if (told.goal && told.goal.why === "goto" && !wanted && !bar.is(":visible")) {
        wanted = told.goal.step; // a late start, asked for on the command line
      }
      progress();
    } else if (told.do === "swap") {
      swapped(told);
    } else if (told.do === "died") {
      died(told);
    } else if (told.do === "kept") {
      say("The standby fails in this cell, too: the kernel goes on without its values.", [], false);
    } else if (told.do === "kernel") {
      connectTo(told.kernel);
    } else if (told.do === "rehearsal") {
      load();
    }
  }

  function bind(key, name, help, act) {
    const handler = () => (act(), false);
    const action = Jupyter.keyboard_manager.actions.register({ help, handler }, name, "jaxstudy");
    Jupyter.keyboard_manager.command_shortcuts.set_shortcut(key, action);
  }

  function start(list) {
    $("body").append(bar);
    document.addEventListener("slidechanged", function () { // Reveal's own event, which bubbles
      leaveBehind();
      showPassed();
    });
    watchRuns();
    load();
    companion.hear(heard);
    bind("r", "recorded-output", "show the output that was recorded at the rehearsal", takeRecorded);
    bind("g", "goto", "go to any slide, with the state it needs", () => (wanted ? goNow() : list.open({ go, cost })));
    bind("esc", "stay", "do not go there; hide the bar", stay);
  }

  return { start };
});
