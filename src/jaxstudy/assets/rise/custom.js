/* What classic RISE lacks, for the one notebook that `jaxstudy present` serves.
   Jupyter loads it as custom/custom.js, before there is a notebook. */
define(["jquery", "base/js/namespace", "base/js/events"], function ($, Jupyter, events) {
  "use strict";

  const TICK = 25; // ms
  const SAVE_EVERY = 3000; // ms
  // The speaker window shows this very page twice, in frames: those must not save, or run anything.
  const onStage = window === window.parent;
  // RISE always starts at the first slide. After a reload we go back to where the address says we were.
  const slideAtStart = /^#\/slide-(\d+)-(\d+)/.exec(window.location.hash);

  function loaded() {
    return Boolean(Jupyter.notebook && Jupyter.notebook._fully_loaded && Jupyter.keyboard_manager);
  }

  function riseIsReady() {
    return Jupyter.keyboard_manager.actions.exists("RISE:slideshow");
  }

  function inSlides() {
    return $("#maintoolbar").hasClass("reveal_tagging");
  }

  /* RISE's own autolaunch gives up when the notebook is not loaded by the time the extension is; the working copy has
     it off. In the speaker window's frames RISE enters by itself, in the chain of promises that registers the action,
     so asking once whether it did is enough: calling the action again would leave the slides. */
  function enterSlides() {
    if (!loaded() || !riseIsReady()) {
      window.setTimeout(enterSlides, TICK);
      return;
    }
    document.body.classList.add("jx-staged"); // see custom.css; Reveal has to measure
    if (!inSlides()) {
      Jupyter.notebook.select(0);
      Jupyter.keyboard_manager.actions.call("RISE:slideshow");
    }
    afterReveal();
  }

  function afterReveal() {
    if (!window.Reveal || !window.Reveal.isReady || !window.Reveal.isReady()) {
      window.setTimeout(afterReveal, TICK);
      return;
    }
    if (slideAtStart && onStage) {
      window.Reveal.slide(Number(slideAtStart[1]), Number(slideAtStart[2]));
    }
    window.Reveal.addEventListener("slidechanged", leaveTheCell);
    ["slidechanged", "fragmentshown"].forEach((step) => window.Reveal.addEventListener(step, drawCode));
    drawCode();
    require(["custom/companion"], function (companion) {
      companion.onSlides(onStage);
    });
  }

  /* An editor that was filled while its slide was hidden has no colours, and sometimes no lines, until it is drawn. */
  function drawCode() {
    const slide = window.Reveal.getCurrentSlide();
    Jupyter.notebook.get_cells().filter((cell) => cell.code_mirror && slide.contains(cell.element[0])).forEach(function (cell) {
      cell.code_mirror.refresh();
    });
  }

  /* A clicker turns the page while a cell is being typed in: what is typed next must not go where nobody sees it. */
  function leaveTheCell() {
    const cell = Jupyter.notebook.get_selected_cell();
    if (Jupyter.notebook.mode === "edit" && cell && !window.Reveal.getCurrentSlide().contains(cell.element[0])) {
      Jupyter.notebook.command_mode();
      document.activeElement.blur();
    }
  }

  function tagsOf(cell) {
    return Array.isArray(cell.metadata.tags) ? cell.metadata.tags : [];
  }

  function isHidden(cell) {
    return Boolean(cell) && cell.cell_type === "code" && tagsOf(cell).includes("remove-cell");
  }

  /* Tags as classes, as nbconvert has them, so that one stylesheet serves the slides and the deck. */
  function markTags() {
    Jupyter.notebook.get_cells().forEach(function (cell) {
      tagsOf(cell).forEach((tag) => cell.element.addClass("celltag_" + tag));
    });
  }

  /* A cell tagged remove-cell runs and is never shown: nobody can press Shift+Enter in it, so it runs before the
     first cell below it that is run. */
  function runHiddenCellsFirst(CodeCell) {
    const execute = CodeCell.prototype.execute;
    const done = new Set();
    CodeCell.prototype.execute = function () {
      const cells = Jupyter.notebook.get_cells();
      const above = cells.slice(0, Math.max(0, cells.indexOf(this)));
      above.filter((cell) => isHidden(cell) && !done.has(cell)).forEach(function (cell) {
        done.add(cell);
        execute.call(cell);
      });
      if (isHidden(this)) {
        done.add(this);
      }
      return execute.apply(this, arguments);
    };
    events.on("kernel_restarting.Kernel kernel_autorestarting.Kernel", () => done.clear());
    events.on("swapped.Jaxstudy", function (_, { ran }) {
      done.clear();
      ran.forEach((cell) => done.add(cell));
    });
  }

  /* RISE selects the slide's first code cell half a second after each step. By then the presenter may be typing in it,
     and selecting it again would end that: the rest of the line would be taken for commands. And where that first
     cell is one that nobody sees, the next one is meant. */
  function selectWithCare() {
    const notebook = Object.getPrototypeOf(Jupyter.notebook);
    const select = notebook.select;
    notebook.select = function (index, ...more) {
      let wanted = Number(index);
      if (this.mode === "edit" && wanted === this.get_selected_index()) {
        return this;
      }
      while (isHidden(this.get_cell(wanted)) && this.get_cell(wanted + 1)) {
        wanted += 1;
      }
      return select.call(this, wanted, ...more);
    };
  }

  /* Typing that misses the cell must not cut, delete or convert it before an audience. */
  function dropDangerousKeys() {
    ["x", "d,d", "m", "y", "r", "1", "2", "3", "4", "5", "6", "shift-m", "shift-v", "v", "p"].forEach(function (key) {
      try {
        Jupyter.keyboard_manager.command_shortcuts.remove_shortcut(key);
      } catch (error) {
        /* another version of the notebook: no such key */
      }
    });
  }

  /* An error as the deck shows it: what it says first, the way there folded away. A traceback through JAX fills three
     slides, and its one line for the audience is the last. */
  function readableErrors(OutputArea) {
    const ESCAPES = /\x1b\[[0-9;?]*[@-~]/g;
    const PACKAGES = /(?:~|[A-Za-z]:)?[/\\][^\s:"'<>]*[/\\](?:site|dist)-packages[/\\]/g;
    const MESSAGE_LINES = 8;
    const plain = (text) => String(text || "").replace(ESCAPES, "").replace(PACKAGES, "…/");
    OutputArea.prototype.append_error = function (json) {
      const message = (json.evalue ? json.ename + ": " + plain(json.evalue).trim() : plain(json.ename)).split("\n");
      const shown = message.length > MESSAGE_LINES ? [...message.slice(0, MESSAGE_LINES), "…"] : message;
      const expected = this.wrapper.closest(".cell").hasClass("celltag_raises-exception");
      const box = $("<div/>").addClass("output_subarea output_text output_error").toggleClass("jx-expected", expected);
      box.append($("<p/>").addClass("jx-error-label").text(expected ? "expected error" : "error"));
      box.append($("<pre/>").text(shown.join("\n")));
      if (json.traceback && json.traceback.length) {
        const trace = $("<details/>").append($("<summary/>").text("traceback"));
        box.append(trace.append($("<pre/>").text(plain(json.traceback.join("\n")))));
      }
      const area = this.create_output_area();
      this._safe_append(area.append(box));
    };
  }

  /* A save that starts while another is under way finds a file newer than it knows, and asks about it in a dialog over
     the slides. And the answer to a save says that all is saved, which what was typed meanwhile is not. */
  function saveOneAtATime() {
    const notebook = Object.getPrototypeOf(Jupyter.notebook);
    const save = notebook.save_notebook;
    let last = Promise.resolve();
    notebook.save_notebook = function (...more) {
      last = last.catch(() => undefined).then(() => {
        let typed = false;
        const note = (_, change) => { typed = typed || change.value; };
        const saved = save.apply(this, more); // takes the text as it is now
        this.events.on("set_dirty.Notebook", note);
        return saved.finally(() => {
          this.events.off("set_dirty.Notebook", note);
          if (typed) {
            this.set_dirty(true);
          }
        });
      });
      return last;
    };
  }

  /* The file served is a copy, so saving often costs nothing, and what was typed survives a crash. */
  function keepSaving() {
    Jupyter.notebook.set_autosave_interval(0);
    if (!onStage) {
      Object.getPrototypeOf(Jupyter.notebook).save_notebook = () => Promise.resolve();
      return;
    }
    saveOneAtATime();
    const save = function () {
      if (Jupyter.notebook.dirty && Jupyter.notebook._fully_loaded) {
        Jupyter.notebook.save_notebook();
      }
    };
    window.setInterval(save, SAVE_EVERY);
    window.addEventListener("blur", save);
    document.addEventListener("visibilitychange", save);
  }

  function whenLoaded() {
    if (!loaded()) {
      window.setTimeout(whenLoaded, TICK);
      return;
    }
    window.localStorage.setItem("showNbClassicNews", "false");
    markTags();
    keepSaving();
    selectWithCare();
    dropDangerousKeys();
    events.on("create.Cell", markTags);
    const parts = ["notebook/js/codecell", "notebook/js/outputarea", "custom/typing", "custom/companion",
      "custom/plan", "custom/rescue", "custom/goto", "custom/difference", "custom/marks"];
    require(parts, function (codecell, outputarea, typing, companion, plan, rescue, list, difference, marks) {
      runHiddenCellsFirst(codecell.CodeCell);
      readableErrors(outputarea.OutputArea);
      companion.onNotebook(onStage);
      if (onStage) {
        // In the speaker window the cells stay full: that is where the presenter reads what comes.
        const starter = (cell) => (plan.steps.find((step) => step.id === companion.idOf(cell)) || {}).starter;
        const typed = (cell) => cell.code_mirror && (tagsOf(cell).includes("live") || starter(cell));
        typing.start(Jupyter.notebook.get_cells().filter(typed), starter);
        difference.start();
        rescue.start(list);
        marks.start();
      }
    });
  }

  whenLoaded();
  enterSlides();
});
