/* Cells tagged `live` start empty, and are typed before the audience from the source that was rehearsed: as the
   presenter hammers the keys, by line, or at once. Whatever else is typed stands; one key brings the rehearsed text
   back. custom.js loads this once the notebook is there. */
define(["base/js/namespace", "notebook/js/codecell"], function (Jupyter, codecell) {
  "use strict";

  const CHUNK = 3; // characters a key press types: fast enough to follow one's own talk
  const STORE = "jaxstudy-live"; // what was rehearsed survives a reload of the page
  const states = new Map(); // cell → {rehearsed, ran}
  let starter = () => ""; // cell → what it starts with: an exercise shows all but its solution
  let hammering = null; // the cell that any key types in

  function isLive(cell) {
    return states.has(cell);
  }

  function selected() {
    const cell = Jupyter.notebook.get_selected_cell();
    return cell && isLive(cell) ? cell : null;
  }

  /* Whether the cell holds the rehearsed text as far as it goes. */
  function onScript(cell) {
    return states.get(cell).rehearsed.startsWith(cell.get_text());
  }

  function waiting(cell) {
    return !states.get(cell).ran && onScript(cell) && cell.get_text() !== states.get(cell).rehearsed;
  }

  /* Appended as one change, past everything CodeMirror does for people who type: no indenting, no closing brackets. */
  function append(cell, text) {
    const editor = cell.code_mirror;
    const end = { line: editor.lastLine(), ch: editor.getLine(editor.lastLine()).length };
    editor.replaceRange(text, end, null, "+input");
    editor.setCursor({ line: editor.lastLine(), ch: editor.getLine(editor.lastLine()).length });
  }

  function rest(cell) {
    return onScript(cell) ? states.get(cell).rehearsed.slice(cell.get_text().length) : "";
  }

  function typeChunk(cell) {
    const left = rest(cell);
    // A line's end comes with the indentation below it, as an editor would put it.
    const lineEnd = /^\n[ \t]*/.exec(left);
    append(cell, lineEnd ? lineEnd[0] : left.slice(0, CHUNK).split("\n")[0]);
  }

  function typeLine(cell) {
    append(cell, /^\n?[^\n]*/.exec(rest(cell))[0]);
  }

  function typeAll(cell) {
    append(cell, rest(cell));
  }

  function bringBack(cell) {
    cell.set_text(states.get(cell).rehearsed);
  }

  /* Which lines are not in the rehearsed text, by the longest row of lines that both have. */
  function strangeLines(lines, rehearsed) {
    const length = Array.from({ length: lines.length + 1 }, () => new Array(rehearsed.length + 1).fill(0));
    for (let i = lines.length - 1; i >= 0; i -= 1) {
      for (let j = rehearsed.length - 1; j >= 0; j -= 1) {
        const both = lines[i].trimEnd() === rehearsed[j].trimEnd();
        length[i][j] = both ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
      }
    }
    const strange = new Set(lines.keys());
    for (let i = 0, j = 0; i < lines.length && j < rehearsed.length; ) {
      if (lines[i].trimEnd() === rehearsed[j].trimEnd()) {
        strange.delete(i);
        i += 1;
        j += 1;
      } else if (length[i + 1][j] >= length[i][j + 1]) {
        i += 1;
      } else {
        j += 1;
      }
    }
    return strange;
  }

  function mark(cell) {
    const editor = cell.code_mirror;
    const differs = !onScript(cell);
    const strange = differs ? strangeLines(cell.get_text().split("\n"), states.get(cell).rehearsed.split("\n")) : new Set();
    editor.eachLine(function (line) {
      const change = strange.has(editor.getLineNumber(line)) ? "addLineClass" : "removeLineClass";
      editor[change](line, "background", "jx-strange");
    });
    cell.element.toggleClass("jx-differs", differs).toggleClass("jx-waiting", waiting(cell));
  }

  function hammer(cell) {
    hammering = cell;
    Jupyter.notebook.edit_mode();
    cell.focus_editor();
  }

  function onKey(cell, event) {
    if (hammering !== cell || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const prints = event.key.length === 1;
    if (prints || (event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      (event.key === "Tab" ? typeLine : typeChunk)(cell);
    }
  }

  function prepare(cell, kept) {
    states.set(cell, { rehearsed: kept ? kept.rehearsed : cell.get_text(), ran: Boolean(kept && kept.ran) });
    if (!states.get(cell).ran) {
      cell.set_text(starter(cell) || "");
    }
    // On the way down, before the notebook hears of it: its Tab asks the kernel to complete, and the answer types too.
    cell.element[0].addEventListener("keydown", (event) => onKey(cell, event), true);
    cell.code_mirror.on("change", () => mark(cell));
    cell.code_mirror.on("blur", () => (hammering = hammering === cell ? null : hammering));
    mark(cell);
  }

  function keep() {
    window.sessionStorage.setItem(STORE, JSON.stringify([Jupyter.notebook.notebook_path, [...states.values()]]));
  }

  function kept() {
    try {
      const [path, all] = JSON.parse(window.sessionStorage.getItem(STORE));
      return path === Jupyter.notebook.notebook_path ? all : [];
    } catch (error) {
      return [];
    }
  }

  /* A cell that is run as it started is typed first: Shift+Enter alone gives the whole lecture. */
  function typeBeforeRunning() {
    const execute = codecell.CodeCell.prototype.execute;
    codecell.CodeCell.prototype.execute = function () {
      if (isLive(this)) {
        if (this.get_text().trim() === (starter(this) || "").trim() && !states.get(this).ran) {
          bringBack(this);
        }
        states.get(this).ran = true;
        hammering = null;
        mark(this);
        keep();
      }
      return execute.apply(this, arguments);
    };
  }

  /* What was not typed yet is no edit: the copy that is saved holds the rehearsed text in its place. */
  function saveWhatWasRehearsed() {
    const toJSON = codecell.CodeCell.prototype.toJSON;
    codecell.CodeCell.prototype.toJSON = function () {
      const data = toJSON.apply(this, arguments);
      if (isLive(this) && waiting(this)) {
        data.source = states.get(this).rehearsed;
      }
      return data;
    };
  }

  function bind(keys) {
    const shortcuts = Jupyter.keyboard_manager.command_shortcuts;
    Object.entries(keys).forEach(function ([key, [name, help, act]]) {
      const handler = function () {
        const cell = selected();
        if (cell) {
          act(cell);
        }
        return false; // and nothing else: some of these keys insert cells
      };
      const action = Jupyter.keyboard_manager.actions.register({ help, handler }, name, "jaxstudy");
      shortcuts.set_shortcut(key, action);
    });
  }

  function start(cells, starters) {
    starter = (cell) => (cell.metadata.tags || []).includes("live") ? "" : starters(cell);
    const before = kept();
    cells.forEach((cell, place) => prepare(cell, before[place]));
    keep();
    typeBeforeRunning();
    saveWhatWasRehearsed();
    bind({
      h: ["type-as-i-hammer", "live cell: type as I hammer the keys", hammer],
      l: ["type-a-line", "live cell: type the next line", typeLine],
      a: ["type-all", "live cell: type all of it", typeAll],
      z: ["bring-back", "live cell: bring the rehearsed text back", bringBack],
    });
    window.jaxstudyTyping = { waiting: () => cells.filter(waiting).length };
  }

  return { start };
});
