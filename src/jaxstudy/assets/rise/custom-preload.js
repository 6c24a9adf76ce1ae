/* What must be in place before the notebook exists; custom.js does the rest. */
define(["jquery", "base/js/utils", "base/js/mathjaxutils", "notebook/js/notebook"], function ($, utils, maths, notebook) {
  "use strict";

  /* nbclassic asks for the session when the notebook has come, and again when the list of kernels has. The second time
     is an error while the first is under way, and after it would put a new kernel in the place of our warm one. */
  const startSession = notebook.Notebook.prototype.start_session;
  notebook.Notebook.prototype.start_session = function (name) {
    const kernel = this.session && this.session.kernel;
    if (this._session_starting || (kernel && (!name || kernel.name === name))) {
      return;
    }
    startSession.apply(this, arguments);
  };

  /* Formulas are out of the text when it has become HTML, so a dollar that is left is one of money, `\$3`. The
     backslash is gone by now: without a tag of its own MathJax, reading the page once more, takes it for maths. */
  const putBack = maths.replace_math;
  maths.replace_math = function (html, formulas) {
    return putBack(html.replace(/(<[^>]*>)|\$/g, (found, tag) => tag || "<span>$</span>"), formulas);
  };

  /* Maths: only cells that hold any are given to MathJax, and those of the slide that is shown come first. As nbclassic
     has it, every cell waits its turn: most of a minute in a long lecture. */
  const MATHS = /\$|\\\(|\\\[|\\begin\{/;
  const typeset = utils.typeset;
  const waiting = new Set();
  let busy = false;

  function shown(element) {
    return Boolean($(element).closest("section.present > section.present").length);
  }

  function next() {
    if (busy || !waiting.size || !window.MathJax) {
      return;
    }
    const element = [...waiting].find(shown) || waiting.values().next().value;
    waiting.delete(element);
    if (!document.body.contains(element)) {
      next();
      return;
    }
    busy = true;
    typeset(element);
    window.MathJax.Hub.Queue(function () {
      busy = false;
      next();
    });
  }

  utils.typeset = function (element, text) {
    const $elements = $(element);
    if (arguments.length > 1) {
      $elements.text(text);
    }
    $elements.filter((_, one) => MATHS.test(one.textContent)).each((_, one) => waiting.add(one));
    next();
    return $elements;
  };

  if (window.MathJax) {
    // No progress box over the slides; and its stand-in font from nowhere, about:blank, is an error in the console.
    const blank = { "font-family": "MathJax_Blank", src: "local('MathJax_Blank')" };
    window.MathJax.Hub.Config({ messageStyle: "none", "HTML-CSS": { styles: { "@font-face": blank } } });
  }
});
