/* Stands in for ipywidgets where it is not installed: nbclassic asks for it on every page. */
define(function () {
  return { load_ipython_extension: function () {} };
});
