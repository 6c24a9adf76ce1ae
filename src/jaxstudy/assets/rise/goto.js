/* The list behind `g`: type to narrow it down by number, title, section or step id; Enter goes. */
define(["jquery", "base/js/namespace", "custom/plan", "custom/companion"], function ($, Jupyter, plan, companion) {
  "use strict";

  let box = null;

  function entries() {
    return plan.slides.map((slide, place) => ({
      ...slide,
      number: place + 1,
      words: [place + 1, slide.section, slide.title, ...slide.steps].join(" ").toLowerCase(),
    }));
  }

  /* All words of the query must be there. A number alone is a slide's number, a step's id that step. */
  function matching(query) {
    const asked = query.trim().toLowerCase();
    const all = entries();
    const step = all.find((entry) => entry.steps.includes(query.trim()));
    if (step) {
      return [{ ...step, id: query.trim() }];
    }
    if (/^\d+$/.test(asked)) {
      const by = all.filter((entry) => String(entry.number).startsWith(asked));
      return by.sort((a, b) => (String(b.number) === asked) - (String(a.number) === asked));
    }
    const words = asked.split(/\s+/).filter(Boolean);
    return all.filter((entry) => words.every((word) => entry.words.includes(word)));
  }

  function shownNow() {
    const slide = window.Reveal.getCurrentSlide();
    const cell = Jupyter.notebook.get_cells().find((one) => slide.contains(one.element[0]) && companion.idOf(one));
    return plan.slides.findIndex((one) => cell && one.steps.includes(companion.idOf(cell)));
  }

  function price(cells) {
    return cells === 0 ? "at once" : "runs " + cells + (cells === 1 ? " cell" : " cells");
  }

  function close() {
    if (box) {
      box.remove();
      box = null;
      Jupyter.keyboard_manager.enable();
      Jupyter.notebook.focus_cell();
    }
  }

  function row(entry, cost, act) {
    const section = entry.section === entry.title ? "" : entry.section;
    return $("<li/>", { role: "option" }).data("entry", entry).append(
      $("<b/>").text(entry.number), $("<span/>").text(entry.title || "(no title)").append($("<small/>").text(section)),
      $("<i/>").text(price(cost(entry.id)))).on("mousedown", act);
  }

  function select(list, place) {
    const rows = list.children();
    const chosen = Math.max(0, Math.min(place, rows.length - 1));
    rows.removeAttr("aria-selected").eq(chosen).attr("aria-selected", "true");
    if (rows.length) {
      rows.get(chosen).scrollIntoView({ block: "nearest" });
    }
    return chosen;
  }

  /* `go(step)` goes there, `cost(step)` says how many cells must run for it. */
  function open({ go, cost }) {
    close();
    let chosen = 0;
    const input = $("<input/>", { type: "text", "aria-label": "Go to", placeholder: "number, title or section" });
    const list = $("<ol/>", { role: "listbox" });
    const leave = function (entry) {
      close();
      if (entry) {
        go(entry.id);
      }
    };
    const fill = function (place) {
      const found = matching(input.val());
      list.empty().append(found.map((entry) => row(entry, cost, (event) => (event.preventDefault(), leave(entry)))));
      list.toggleClass("is-empty", !found.length);
      chosen = select(list, place);
    };
    const keys = {
      ArrowDown: () => (chosen = select(list, chosen + 1)),
      ArrowUp: () => (chosen = select(list, chosen - 1)),
      PageDown: () => (chosen = select(list, chosen + 8)),
      PageUp: () => (chosen = select(list, chosen - 8)),
      Enter: () => leave(list.children().eq(chosen).data("entry")),
      Escape: () => close(),
    };
    box = $("<div/>", { id: "jx-goto", role: "dialog", "aria-label": "Go to a slide" }).append(
      input, list, $("<p/>").append("The state comes from the script: cells before it are run in another kernel, your " +
        "live edits are not among them. ", $("<kbd/>").text("Enter"), " goes, ", $("<kbd/>").text("Esc"), " stays."));
    box.on("keydown keypress keyup", function (event) {
      event.stopPropagation(); // neither the notebook's nor the slides' keys
      if (event.type === "keydown" && keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
      }
    });
    input.on("input", () => fill(0)).on("blur", close);
    $("body").append(box);
    Jupyter.keyboard_manager.disable();
    fill(shownNow());
    input.trigger("focus");
  }

  return { open };
});
