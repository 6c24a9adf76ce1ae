/* `d` shows below a cell what in it differs from the script, line by line, and hides that again. */
define(["jquery", "base/js/namespace", "custom/plan", "custom/companion"], function ($, Jupyter, plan, companion) {
  "use strict";

  const SAME = 2500; // ms that "as in the script" is shown

  /* Rows of [mark, line], mark one of " ", "-", "+", by the longest row of lines that both have. */
  function difference(before, now) {
    const length = Array.from({ length: before.length + 1 }, () => new Array(now.length + 1).fill(0));
    for (let i = before.length - 1; i >= 0; i -= 1) {
      for (let j = now.length - 1; j >= 0; j -= 1) {
        const both = before[i].trimEnd() === now[j].trimEnd();
        length[i][j] = both ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
      }
    }
    const rows = [];
    let i = 0;
    let j = 0;
    while (i < before.length || j < now.length) {
      if (i < before.length && j < now.length && before[i].trimEnd() === now[j].trimEnd()) {
        rows.push([" ", now[j]]);
        i += 1;
        j += 1;
      } else if (j === now.length || (i < before.length && length[i + 1][j] >= length[i][j + 1])) {
        rows.push(["-", before[i]]);
        i += 1;
      } else {
        rows.push(["+", now[j]]);
        j += 1;
      }
    }
    return rows;
  }

  function hide(cell) {
    const shown = cell.element.find(".jx-difference");
    shown.remove();
    return shown.length > 0;
  }

  function toggle() {
    const cell = Jupyter.notebook.get_selected_cell();
    if (!cell || cell.cell_type !== "code" || hide(cell)) {
      return;
    }
    const step = plan.steps.find((one) => one.id === companion.idOf(cell));
    const rows = difference(step ? step.source.split("\n") : [], cell.get_text().split("\n"));
    const box = $("<pre/>").addClass("jx-difference");
    if (rows.every(([mark]) => mark === " ")) {
      box.text("as in the script");
      window.setTimeout(() => box.remove(), SAME);
    } else {
      const kinds = { "-": "del", "+": "ins", " ": "span" };
      rows.forEach(([mark, line]) => box.append($("<" + kinds[mark] + "/>").text(mark + " " + line + "\n")));
    }
    cell.element.find("> .input").after(box);
  }

  function start() {
    const action = Jupyter.keyboard_manager.actions.register(
      { help: "show what differs from the script", handler: () => (toggle(), false) }, "difference", "jaxstudy");
    Jupyter.keyboard_manager.command_shortcuts.set_shortcut("d", action);
  }

  return { start };
});
